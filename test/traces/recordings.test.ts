import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { quantileSorted } from '../../src/stats/quantiles.ts';
import { importXentrace } from '../../src/traces/import-xentrace.ts';
import type { VcpuWorkload, Workload } from '../../src/traces/workload.ts';
import { writeXentrace } from '../../src/traces/xentrace.ts';
import { RECORDINGS, replayed, shifted, sum, table, unpacked, workloadOf } from './recordings.ts';
import { joined, recorded } from './timelines.ts';

const HZ = 62_500_000;
/** How far the TSC's speed may be from what is true. */
const HZ_TOLERANCE = 1e-5;
const MS = 1e6;

const SCHEDULERS = Object.fromEntries(
  RECORDINGS.map((name) => [name, name.replace('xm_', '').split('_')[0]]),
);

/** Rows of the independent reader. */
const KNOWN = table('vcpus.csv').map(
  ([recording, vcpu, , run, runnable, , , , wakes, ...rest]) => ({
    recording,
    vcpu,
    run: Number(run) * MS,
    waited: Number(runnable) * MS,
    wakes: Number(wakes),
    max: Number(rest[3]),
  }),
);

const wakeWaits = (vcpus: readonly VcpuWorkload[]) =>
  vcpus.flatMap(({ record }) => [...record.wakeWaits]).sort((a, b) => a - b);
const us = (ns: number) => (Number.isNaN(ns) ? '-' : (ns / 1e3).toFixed(1));
const ms = (ns: number) => (ns / MS).toFixed(1);

describe.each(RECORDINGS)('the recording %s', (name) => {
  const workload = workloadOf(unpacked(`${name}.xen.gz`));
  const { vcpus, tracedHz = 0, schedulers, version, ahead } = workload;

  it('says the speed of its TSC, its scheduler, and its version where its scheduler decides by it', () => {
    expect(version).toBe(
      name.includes('credit2') ? (name.startsWith('xm_') ? 'master' : '4.17') : undefined,
    );
    expect(ahead).toEqual([]);
    expect(Math.abs(tracedHz / HZ - 1)).toBeLessThan(HZ_TOLERANCE);
    expect(schedulers).toEqual([SCHEDULERS[name]]);
  });

  it('has what another reader finds in it', () => {
    const known = KNOWN.filter(({ recording }) => recording === name);
    expect(vcpus.map(({ domain, vcpu }) => `d${domain}v${vcpu}`)).toEqual(
      known.map(({ vcpu }) => vcpu),
    );
    for (const [i, { record }] of vcpus.entries()) {
      const { run, waited, wakes, max } = known[i];
      if (workload.lostRecords > 0) continue; // There that reader gives a loss to who runs when it ends.
      // A vCPU that is first seen running has run since the trace began; that reader does not count this.
      expect(Math.abs(record.run - run)).toBeLessThan(MS);
      expect(Math.abs(record.waited - waited)).toBeLessThan(MS * 0.01);
      // The last wait may not have ended.
      expect(wakes - record.wakeWaits.length).toBeGreaterThanOrEqual(0);
      expect(wakes - record.wakeWaits.length).toBeLessThanOrEqual(1);
      const longest = record.wakeWaits.at(-1) ?? 0;
      expect(Math.abs(longest - max)).toBeLessThan(2 + max * HZ_TOLERANCE);
    }
  });

  it('is replayed as the table in docs/validation.md says', () => {
    const again = replayed(workload);
    expect(again.duration).toBe(workload.duration);
    const off = vcpus.map(({ domain, vcpu, record }) => {
      const same = again.vcpus.find((one) => one.domain === domain && one.vcpu === vcpu);
      return Math.abs((same?.record.run ?? 0) - record.run);
    });
    const numbers = [vcpus, again.vcpus].map((its) => ({
      runs: sum(its, ({ record }) => record.runs),
      waited: sum(its, ({ record }) => record.waited),
      waits: wakeWaits(its),
    }));
    const both = (of: (one: (typeof numbers)[number]) => string) => numbers.map(of).join(', ');
    const cells = [
      name,
      both(({ runs }) => String(runs)),
      ms(Math.max(...off)),
      both(({ waited }) => ms(waited)),
      ...[0.5, 0.99].map((p) => both(({ waits }) => us(quantileSorted(waits, p)))),
    ];
    const lines = readFileSync('docs/validation.md', 'utf8').split('\n');
    expect(lines.find((line) => line.startsWith(`| ${name} |`))).toBe(`| ${cells.join(' | ')} |`);
  });
});

describe('what a recording says of another machine', () => {
  const recording = (name: string) => workloadOf(unpacked(`${name}.xen.gz`));
  const perSecond = ({ vcpus, duration }: Workload) =>
    Math.round((sum(vcpus, ({ record }) => record.runs) / duration) * 1e9);
  /** vCPUs switched in on a real Xen under credit2 with the guests of credit_hww, in as long. */
  const REAL_CREDIT2_HWW = 164;

  it.each([
    ['xm_credit2_fhw', 'credit2_fhw', ['machine.xen=4.17']],
    ['credit2_fhw', 'xm_credit2_fhw', ['machine.xen=master']],
    ['rtds_2p', 'credit2_2pcons', ['machine.scheduler=credit2', 'machine.xen=4.17']],
    ['credit2_2pcons', 'rtds_2p', ['machine.scheduler=rtds']],
  ])('%s on the machine of %s: as the table in docs/validation.md says', (from, to, overrides) => {
    const [workload, real] = [recording(from), perSecond(recording(to))];
    const [closed, open] = [{}, { hasPeriodic: true, hasWakers: true }].map((style) =>
      perSecond(replayed(workload, style, overrides)),
    );
    const line = `| ${from} | as ${to} | ${real} | ${closed} | ${open} |`;
    expect(readFileSync('docs/validation.md', 'utf8').split('\n')).toContain(line);
    // Timers that are due whatever happens are what these guests have.
    expect(Math.abs(open / real - 1)).toBeLessThan(0.03);
  });

  it('is right only if who computes goes on computing: finite work would be done, and its domain idle', () => {
    const workload = recording('credit_hww');
    const runs = (style: Workload) =>
      sum(replayed(style, {}, ['machine.scheduler=credit2']).vcpus, ({ record }) => record.runs);
    expect(Math.abs(runs(workload) / REAL_CREDIT2_HWW - 1)).toBeLessThan(0.05);
    const [hog, ...others] = workload.vcpus;
    const finite = { ...hog, ops: [{ kind: 'run' as const, length: hog.record.run / 2 }] };
    expect(runs({ ...workload, vcpus: [finite, ...others] })).toBeGreaterThan(3 * REAL_CREDIT2_HWW);
  });
});

describe('who wakes whom', () => {
  it.each([
    ['credit2_2pcons', 1172, 1172],
    ['rtds_2p', 1231, 1237],
  ])('makes %s on two pCPUs switch as often as Xen did', (name, real, simulated) => {
    const workload = workloadOf(unpacked(`${name}.xen.gz`));
    const [, , first, second] = workload.vcpus;
    expect(second.wokenBy).toEqual({ domain: 3, life: 1, vcpu: 0 });
    expect(first.sends?.length).toBeGreaterThan(200);
    const runs = ({ vcpus }: Workload) => sum(vcpus, ({ record }) => record.runs);
    expect(runs(workload)).toBe(real);
    expect(runs(replayed(workload, { hasWakers: true }))).toBe(simulated);
    // As docs/validation.md says.
    expect(readFileSync('docs/validation.md', 'utf8')).toContain(`${simulated} `);
  });

  it('is nobody where a timer finds a pCPU busy', () => {
    for (const name of ['credit_hw', 'credit_hww', 'credit2_fhw', 'credit_yield']) {
      const { vcpus } = workloadOf(unpacked(`${name}.xen.gz`));
      expect(vcpus.map(({ wokenBy }) => wokenBy)).toEqual(vcpus.map(() => undefined));
    }
  });
});

describe('where records were lost', () => {
  it('a loss is not given to who runs when it ends: the hog has seen who ran when', () => {
    const { vcpus } = workloadOf(unpacked('credit_lost.xen.gz'));
    const gaps = table('credit_lost.truth.csv.gz')
      .filter(([, label, what]) => label === 'hog' && what === 'hog')
      .map(([, , , from, to]) => ((Number(to) - Number(from)) / HZ) * 1e9);
    const total = (from: number) => gaps.reduce((all, gap) => all + (gap >= from ? gap : 0), 0);
    // Its gaps are what the waker ran and what switching took; in the longest ones nearly all is the waker's.
    expect(gaps.length).toBeGreaterThan(500);
    expect(vcpus[1].record.run).toBeGreaterThan(total(100_000));
    expect(vcpus[1].record.run).toBeLessThan(total(0));
  });

  it('who ran before a stint that began in it has run on', () => {
    const { vcpus } = workloadOf(unpacked('lost.xen'), 1e9);
    // From 1 to 3 us, from 8 us until it was preempted for the stint of 5 us that SWITCH_INFPREV tells of, and after it.
    const [hog, other] = vcpus.map(({ record }) => record.run);
    expect(hog).toBe(3000 - 1000 + (51_000_000 - 8000) + (60_000_000 - 51_005_400));
    expect(other).toBe(5000 + 5300);
  });
});

describe.each(['credit2_2pcons', 'rtds_2p'])('TSCs of %s that are apart', (name) => {
  const bytes = unpacked(`${name}.xen.gz`);
  const right = workloadOf(bytes);

  it.each([1000, 20_000])('are corrected: by %d ticks', (ticks) => {
    const { vcpus, ahead, contradictions } = workloadOf(shifted(bytes, 1, ticks));
    expect(contradictions).toBe(0);
    expect(ahead.map(({ pcpu }) => pcpu)).toEqual([1]);
    expect(Math.abs(ahead[0].time - (ticks / HZ) * 1e9)).toBeLessThan(200);
    for (const [i, { record }] of vcpus.entries()) {
      const { run, waited, runs } = right.vcpus[i].record;
      expect(record.runs).toBe(runs);
      expect(Math.abs(record.run - run)).toBeLessThan(0.001 * run);
      expect(Math.abs(record.waited - waited)).toBeLessThan(0.02 * waited);
    }
  });
});

describe('TSCs of four pCPUs that are apart', () => {
  const text = `
question: none
replications: 1
duration: 200ms
machine: {pcpus: 4, scheduler: credit2}
domains:
  hog: {vcpus: [{guest: hog, count: 3}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 1ms, jitter: 200us, run: 300us}, count: 6}]}
`;

  it('are all corrected', () => {
    const { hz, pieces } = writeXentrace(recorded(text).timeline);
    const perNs = hz / 1e9;
    const right = Buffer.from(joined(pieces));
    const apart = [
      { pcpu: 1, time: 5000 },
      { pcpu: 2, time: -9000 },
      { pcpu: 3, time: 200_000 },
    ];
    let bytes: Buffer = right;
    // So much later that no TSC is less than 0.
    for (const pcpu of [0, 1, 2, 3]) bytes = shifted(bytes, pcpu, 1e9);
    for (const { pcpu, time } of apart) bytes = shifted(bytes, pcpu, time * perNs);
    const workload = workloadOf(bytes);
    expect([workload.ahead, workload.contradictions]).toEqual([apart, 0]);
    expect(workload.vcpus.map(({ record }) => record.runs)).toEqual(
      workloadOf(right).vcpus.map(({ record }) => record.runs),
    );
  });
});

describe('a file that ends between two windows', () => {
  it('is read, and what is missing is counted; unless strictness is asked for', () => {
    const bytes = unpacked('cut.xen');
    const { vcpus, contradictions } = workloadOf(bytes, 1e9);
    expect(contradictions).toBe(1);
    expect(vcpus.map(({ domain }) => domain)).toEqual([1, 2]);
    expect(importXentrace(bytes, { hz: 1e9, isStrict: true })).toMatchObject({ ok: false });
  });
});

describe('who runs when its pCPU falls silent', () => {
  it('runs on to the end', () => {
    const { vcpus, duration } = workloadOf(unpacked('alone.xen'), 1e9);
    expect([vcpus[0].ops, vcpus[0].record.run]).toEqual([[{ kind: 'spin' }], duration - 1000]);
    const hog = workloadOf(unpacked('null_2p.xen.gz'));
    expect(hog.vcpus[0].record.run / MS).toBeCloseTo(570.6, 1);
  });
});
