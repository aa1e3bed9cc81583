import { describe, expect, it } from 'vitest';
import { largest } from '../extremes.ts';
import { experiment, latencies, run, samples, study } from './small-study.ts';

interface Setting {
  readonly scheduler?: string;
  readonly during?: string;
  readonly ram?: number;
  readonly ops?: string;
  readonly xen?: string;
  readonly lock?: string;
}

/**
 * A guest with a vCPU that flushes on pCPU 0, and one that touches its last block, or does other `ops`, on pCPU 1,
 * where a waker is as well unless the scheduler has no place for it.
 */
function beside(setting: Setting) {
  const { scheduler = '{name: credit, ratelimit: 0}', during = '{threshold: 512}' } = setting;
  const { ram = 64, xen = '"4.17"', lock = 'hold' } = setting;
  // Not a multiple of the flusher's period, so that it comes in every phase of the flush.
  const { ops = `[poll, ${ram === 64 ? 10_370 : 41_300}us], [touch, ${ram - 2}MiB]` } = setting;
  const isNull = scheduler === '"null"';
  return run(
    experiment(`
duration: ${ram === 64 ? 300 : 1000}ms
machine: {xen: ${xen}, pcpus: 2, stage2_bits: 40, scheduler: ${scheduler}, costs: qemu-icount}
domains:
  a:
    memory: {ram: ${ram}MiB}
    vcpus:
      - {guest: {name: set-way-flusher, period: ${ram === 64 ? 10 : 40}ms, touch: ${ram / 2 - 1}}, hard_affinity: [0]}
      - {guest: {name: program, ops: [${ops}]}, hard_affinity: [1]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 1ms, jitter: 200us}, hard_affinity: [1], start: ${isNull ? '1000s' : '0ns'}}]}
policies: {p: {before: true, during: ${during}, lock: ${lock}}}
`),
  );
}
const ends = (list: readonly { end: number }[]) => new Set(list.map(({ end }) => end));

describe('the p2m lock', () => {
  it('its study loads', () => {
    expect(study('lock').policies).toEqual(['stock', 'never', 'drop', 'break']);
  });

  it.each([64, 256])(
    'null, %d MiB: a touch waits for the rest of the flush, checks or none',
    (ram) => {
      for (const during of ['{threshold: 512}', 'never']) {
        const result = beside({ scheduler: '"null"', during, ram });
        const holds = samples(result, 'lock_hold').filter(({ latency }) => latency > 1e6);
        expect(result.counters.erestarts).toBe(0);
        // All blocks but the last, and the one of the sibling; counting towards a check costs 4 ns a page.
        const page = during === 'never' ? 364 : 368;
        expect(largest(latencies(result, 'lock_hold'))).toBeGreaterThan((ram - 2) * 256 * page);
        const waits = samples(result, 'lock_wait').filter(({ vcpu }) => vcpu === 1);
        expect(waits.length).toBeGreaterThan(0);
        // It has the lock at the very instant at which the flush lets go of it.
        for (const { end } of waits.filter(({ latency }) => latency > 10_000))
          expect(ends(holds).has(end)).toBe(true);
        const wait = largest(waits.map(({ latency }) => latency));
        const touch = largest(latencies(result, 'touch'));
        expect(wait).toBeGreaterThan(1e6);
        // Less than two resolutions more, and their traps.
        expect(touch - wait).toBeGreaterThan(0);
        expect(touch - wait).toBeLessThan(12_000);
      }
    },
  );

  it('credit: the first -ERESTART lets the sibling have it, without a check the end', () => {
    const wait = (during: string) =>
      largest(latencies(beside({ during, ram: 256 }), 'lock_wait')) / 1e6;
    // The tick of 10 ms finds a check point.
    expect(wait('{threshold: 512}')).toBeLessThan(10.1);
    expect(wait('never')).toBeGreaterThan(12);
  });

  it("softirqs of the sibling's pCPU wait with it", () => {
    const result = beside({});
    const waits = samples(result, 'lock_wait').filter(({ pcpu, latency }) => pcpu === 1 && latency);
    const handled = samples(result, 'softirq_timer').filter(({ pcpu }) => pcpu === 1);
    let delayed = 0;
    for (const { start, end } of waits) {
      const inside = handled.filter((each) => each.end > start && each.end < end);
      expect(inside).toEqual([]);
      delayed += handled.filter((each) => each.start > start && each.start < end).length;
    }
    expect(delayed).toBeGreaterThan(3);
    expect(largest(latencies(result, 'virq'))).toBeGreaterThan(1e6);
  });

  it('an emulated device access does not wait on 4.17, and does on master', () => {
    const ops = '[poll, 1007us], [mmio]';
    for (const scheduler of ['"null"', '{name: credit, ratelimit: 0}']) {
      expect(largest(latencies(beside({ scheduler, ops }), 'mmio'))).toBeLessThan(12_000);
      const waiting = beside({ scheduler, ops, xen: 'master' });
      expect(largest(latencies(waiting, 'mmio'))).toBeGreaterThan(3e6);
    }
  });

  it('dropped at each check, or for who waits, it is had within a chunk', () => {
    for (const lock of ['drop', 'break']) {
      const result = beside({ scheduler: '"null"', lock });
      expect(largest(latencies(result, 'lock_wait')), lock).toBeLessThan(52 * 368 + 2 * 321 + 500);
    }
  });

  it('nobody holds it or spins for it for ever', () => {
    for (const lock of ['hold', 'drop', 'break']) {
      const { counters } = beside({ lock });
      expect(counters.flushes, lock).toBeGreaterThan(20);
    }
  });
});
