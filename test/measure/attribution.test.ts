import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replicate } from '../../src/experiment/replication.ts';
import { CpuMask } from '../../src/hypervisor/machine/cpu-mask.ts';
import { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import {
  ACTIVITIES,
  type Activity,
  IN_GUEST,
  IN_IDLE,
  IN_PATH,
  IN_SWITCH,
} from '../../src/hypervisor/paths/activity.ts';
import { Attribution, NO_VCPU } from '../../src/measure/attribution.ts';
import { CAUSES, type Cause, FORGOTTEN } from '../../src/measure/causes.ts';
import { FIRST_CAUSE, ROW_LATENCY, ROW_TIME, SampleRow } from '../../src/measure/sample-row.ts';
import { WorstSamples } from '../../src/measure/worst-samples.ts';
import { parse } from '../experiment/fixtures.ts';

const vcpu = (id: number, processor: number) =>
  new Vcpu(id, processor, CpuMask.all(2), undefined, undefined);

function named({ numbers }: SampleRow): Partial<Record<Cause, number>> {
  const causes = numbers.subarray(FIRST_CAUSE);
  return Object.fromEntries(CAUSES.map((cause, i) => [cause, causes[i]]).filter(([, ns]) => ns));
}

describe('Attribution', () => {
  it('adds up what the time went to, as a plain list of changes says', () => {
    const change = fc.record({
      after: fc.integer({ min: 0, max: 50 }),
      what: fc.integer({ min: 0, max: 7 }),
    });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 3000 }),
        fc.nat(),
        fc.nat(),
        (changes, a, b) => {
          const sample = new SampleRow();
          const attribution = new Attribution(1, [], sample);
          const perNs: number[] = [];
          let now = 0;
          let last = FORGOTTEN;
          for (const { after, what } of changes) {
            while (perNs.length < now + after) perNs.push(last);
            now += after;
            attribution.activityChanged(now, 0, what as Activity, 1);
            last = what;
          }
          perNs.push(...new Array<number>(20).fill(last));
          const [from, to] = [a % perNs.length, b % perNs.length].sort((x, y) => x - y);
          attribution.attribute(NO_VCPU, 0, from, to);
          const expected = new Float64Array(CAUSES.length);
          for (let t = from; t < to; t++) expected[perNs[t]]++;
          expect(sample.numbers.subarray(FIRST_CAUSE)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('says how much of the time is forgotten', () => {
    const sample = new SampleRow();
    const attribution = new Attribution(1, [], sample);
    for (let t = 0; t < 200_000; t++) attribution.activityChanged(t, 0, IN_GUEST, 0);
    attribution.attribute(NO_VCPU, 0, 0, 200_000);
    expect(named(sample)).toEqual({ guest: 2 ** 16, forgotten: 200_000 - 2 ** 16 });
  });

  it("tells a vCPU's own time from that of who it waits behind, wherever it waits", () => {
    const sample = new SampleRow();
    const attribution = new Attribution(2, [vcpu(0, 0), vcpu(1, 0)], sample);
    attribution.activityChanged(0, 0, ACTIVITIES.indexOf('flush'), 1);
    attribution.activityChanged(0, 1, IN_IDLE, -2);
    attribution.activityChanged(30, 0, IN_SWITCH, 1);
    attribution.moved(40, 0, 1);
    attribution.activityChanged(45, 1, IN_PATH, 0);
    attribution.activityChanged(50, 1, IN_GUEST, 0);
    attribution.attribute(0, 1, 10, 60);
    expect(named(sample)).toEqual({
      behind_flush: 20,
      switch: 10,
      idle: 5,
      path: 5,
      guest: 10,
    });
    attribution.attribute(-1, 0, 10, 60);
    expect(named(sample)).toEqual({ flush: 20, switch: 30 });
  });

  it('forgets the oldest of many moves, and takes what was before for the first it knows', () => {
    const sample = new SampleRow();
    const attribution = new Attribution(2, [vcpu(0, 0)], sample);
    attribution.activityChanged(0, 0, IN_PATH, 0);
    attribution.activityChanged(0, 1, IN_SWITCH, 0);
    for (let t = 1; t <= 10_000; t++) attribution.moved(t, 0, t % 2);
    attribution.attribute(0, 0, 0, 10_000);
    // 4096 moves are known, the oldest of them to pCPU 1.
    expect(named(sample)).toEqual({ path: 2048 - 1, switch: 10_000 - (2048 - 1) });
  });

  it('names the time in which a due timer had not fired', () => {
    const sample = new SampleRow();
    const attribution = new Attribution(1, [vcpu(0, 0)], sample);
    attribution.activityChanged(0, 0, IN_IDLE, -1);
    attribution.timerServed(0, 100, 130);
    attribution.attribute(0, 0, 100, 150);
    expect(named(sample)).toEqual({ timer: 30, idle: 20 });
    attribution.attribute(0, 0, 99, 150);
    expect(named(sample)).toEqual({ idle: 51 });
  });
});

describe('WorstSamples', () => {
  it('keeps the worst with their causes, worst first, and sums over all and over the tail', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 3000 }), (latencies) => {
        const worst = new WorstSamples();
        const sample = new SampleRow();
        latencies.forEach((latency, time) => {
          sample.numbers[ROW_TIME] = time;
          sample.numbers[ROW_LATENCY] = latency;
          sample.clearCauses();
          if (latency > 0) sample.addCause(0, latency);
          worst.add(sample);
        });
        const sorted = [...latencies.entries()].sort(([s, a], [t, b]) => b - a || s - t);
        const summary = worst.summary();
        expect(summary.all[0]).toBe(latencies.reduce((sum, ns) => sum + ns, 0));
        expect(summary.worst.map(({ time, latency }) => [time, latency])).toEqual(
          sorted.slice(0, 5),
        );
        const tail = sorted.slice(0, Math.ceil(latencies.length / 100));
        expect(summary.tailCount).toBe(tail.length);
        expect(summary.tail[0]).toBe(tail.reduce((sum, [, ns]) => sum + ns, 0));
      }),
      { numRuns: 100 },
    );
  });
});

describe('every latency of a run', () => {
  it('is the sum of its causes, for all kinds', () => {
    const parsed = parse(`question: q
replications: 1
duration: 60ms
machine: {pcpus: 2, stage2_bits: 40, costs: qemu-icount}
domains:
  a:
    memory: {ram: 16MiB}
    vcpus:
      - guest: {name: set-way-flusher, period: 5ms, touch: 4, timer: {period: 3ms}}
      - guest: {name: program, ops: [[poll, 700us], [touch, 10MiB], [mmio], [io, model]]}
  model: {vcpus: [{guest: device-model}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 300us, run: 20us}, count: 2}]}
measure: {samples: true}
`);
    if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
    const { samples } = replicate(parsed.experiment.cells[0].setup, 1, 0);
    const seen = samples.filter(({ columns }) => columns.latency.length > 0);
    expect(seen.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'softirq_timer',
        'wakeup',
        'virq',
        'own_virq',
        'flush',
        'touch',
        'io',
        'lock_hold',
        'timer',
      ]),
    );
    for (const { columns } of seen) {
      columns.latency.forEach((latency, i) => {
        const causes = columns.causes.subarray(i * CAUSES.length, (i + 1) * CAUSES.length);
        expect(causes.reduce((sum, ns) => sum + ns, 0)).toBe(latency);
      });
    }
  });
});
