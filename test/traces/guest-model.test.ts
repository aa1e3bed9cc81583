import { describe, expect, it } from 'vitest';
import { guestModel } from '../../src/traces/guest-model.ts';
import type { VcpuWorkload, WorkloadOp } from '../../src/traces/workload.ts';

const MS = 1e6;

function vcpuOf(ops: readonly WorkloadOp[], wakes: readonly number[] = []): VcpuWorkload {
  const record = { pcpus: [0], migrations: 0, run: 0, waited: 0, runs: 0, wakeWaits: [], wakes };
  return { domain: 1, life: 1, vcpu: 0, start: 0, ops, record };
}

/** Work after each of the gaps. */
function woken(gaps: readonly number[], work = () => 100_000): VcpuWorkload {
  let now = 5 * MS;
  const wakes = [now, ...gaps.map((gap) => (now += gap))];
  const ops = gaps.flatMap((gap): WorkloadOp[] => {
    const length = work();
    return [
      { kind: 'run', length },
      { kind: 'block', length: gap - length },
    ];
  });
  return vcpuOf(ops, wakes);
}

/** Numbers from 0 to 1 without order. */
const noise = (i: number) => (i * 0.618_034) % 1;

describe('what a vCPU seems to be', () => {
  it('is a hog if it never blocks', () => {
    expect(guestModel(vcpuOf([{ kind: 'spin' }]))).toEqual({ kind: 'hog' });
    expect(guestModel(vcpuOf([{ kind: 'run', length: 9 }]))).toEqual({ kind: 'hog' });
    expect(guestModel(vcpuOf([{ kind: 'run', length: 9 }, { kind: 'yield' }]))).toEqual({
      kind: 'script',
    });
  });

  it('is periodic if it wakes after whole periods, with some jitter, and always does the same', () => {
    const gaps = Array.from({ length: 300 }, (_, i) => {
      const one = () => MS + Math.round(200_000 * noise(i));
      return i % 10 === 9 ? 2 * one() : one();
    });
    const model = guestModel(woken(gaps));
    expect(model).toMatchObject({ kind: 'periodic', run: 100_000, first: 5 * MS });
    if (model.kind !== 'periodic') throw new Error();
    expect(Math.abs(model.period - MS)).toBeLessThan(5000);
    expect(Math.abs(model.jitter - 200_000)).toBeLessThan(10_000);
  });

  it('is neither if its gaps are no periods, its work varies, or it was hardly seen', () => {
    const exponential = Array.from(
      { length: 300 },
      (_, i) => Math.ceil(-MS * Math.log(1 - noise(i))) + 200_000,
    );
    const regular = Array.from({ length: 300 }, () => MS);
    let i = 0;
    const unlike = () => 50_000 + Math.round(500_000 * noise(i++));
    expect(guestModel(woken(exponential)).kind).toBe('script');
    expect(guestModel(woken(regular, unlike)).kind).toBe('script');
    expect(guestModel(woken(regular.slice(0, 9))).kind).toBe('script');
    expect(guestModel(woken(regular)).kind).toBe('periodic');
  });
});
