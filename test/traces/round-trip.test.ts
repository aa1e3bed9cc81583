import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCKED, RUNNABLE, RUNNING } from '../../src/hypervisor/machine/vcpu.ts';
import { importXentrace } from '../../src/traces/import-xentrace.ts';
import { recordTimeline, type Timeline } from '../../src/traces/timeline.ts';
import type { Workload } from '../../src/traces/workload.ts';
import { workloadFile } from '../../src/traces/workload-file.ts';
import { writeXentrace } from '../../src/traces/xentrace.ts';
import { CROWD, FLUSHES, joined, recipes, recorded, runRecipe, setupOf } from './timelines.ts';
import { change, file, goesOn } from './xentrace-bytes.ts';

/** The workload of a trace; undefined: there is nothing in it to replay. */
function imported(bytes: Uint8Array, hz: number): Workload | undefined {
  const result = importXentrace(bytes, { hz });
  if (result.ok) return result.workload;
  expect(result.problems.map(({ message }) => message).join()).toMatch(/nothing to replay/);
  return undefined;
}

function workloadOf(timeline: Timeline): Workload | undefined {
  const { hz, pieces } = writeXentrace(timeline);
  return imported(joined(pieces), hz);
}

function textOf(workload: Workload): string {
  const written = workloadFile(workload);
  if (!written.ok) throw new Error(written.message);
  return written.text;
}

/** What is imported from the timeline of the replayed workload. */
function replayed(workload: Workload, change = (text: string) => text): Workload | undefined {
  return workloadOf(recordTimeline(setupOf(change(textOf(workload))), 1, 0));
}

/**
 * What is imported from the replayed workload is the workload, as far as each vCPU has come: only what it did last
 * may have been cut off by the end. @returns how many operations were compared
 */
function expectAgreement(
  workload: Workload | undefined,
  change?: (text: string) => string,
): number {
  if (workload === undefined) return 0;
  const again = replayed(workload, change);
  const numbers = new Map<number, number>();
  let compared = 0;
  for (const { domain, start, ops } of workload.vcpus) {
    const vcpu = numbers.get(domain) ?? 0;
    numbers.set(domain, vcpu + 1);
    const same = again?.vcpus.find((one) => one.domain === domain && one.vcpu === vcpu);
    // Who has not run is left out, or waits from its beginning to the end.
    if (same === undefined) continue;
    expect(same.start).toBe(start);
    const sure = same.ops.slice(0, -1);
    expect(sure).toEqual(ops.slice(0, sure.length));
    compared += sure.length;
  }
  return compared;
}

describe('a workload that is replayed, traced and imported again', () => {
  it('is the same as far as it comes, whatever it was recorded from', () => {
    let compared = 0;
    fc.assert(
      fc.property(recipes, (recipe) => {
        compared += expectAgreement(workloadOf(runRecipe(recipe).timeline));
      }),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  it('is the same for machines whose hypervisor takes time', () => {
    for (const text of [FLUSHES, CROWD]) {
      expect(expectAgreement(workloadOf(recorded(text).timeline))).toBeGreaterThan(20);
    }
  });

  it.each(['credit2', 'rtds', 'round-robin'])(
    'is the same under %s, which decides otherwise than what it was recorded from',
    (scheduler) => {
      const workload = workloadOf(recorded(CROWD).timeline);
      const other = (text: string) =>
        text.replace('costs: zero', `costs: zero, scheduler: ${scheduler}`);
      expect(expectAgreement(workload, other)).toBeGreaterThan(20);
    },
  );

  it('keeps the ids of domains, and renumbers vCPUs where the trace leaves some out', () => {
    const bytes = file(
      goesOn(0, 1, 0, 7),
      change(0, 101, 0, RUNNING, BLOCKED, 7),
      change(0, 121, 4, BLOCKED, RUNNABLE, 12),
      change(0, 131, 4, RUNNABLE, RUNNING, 12),
      change(0, 141, 4, RUNNING, BLOCKED, 12),
      goesOn(0, 200, 0, 32767),
    );
    const workload = imported(bytes, 1e9);
    if (workload === undefined) throw new Error('nothing is imported');
    const text = textOf(workload);
    expect(text.match(/^ {2}d\d+:$/gm)).toEqual(['  d7:', '  d12:']);
    const again = replayed(workload);
    // All of it is done before the end: the file is the same, byte by byte.
    expect(again && textOf(again)).toBe(text);
  });

  it('pins who stayed on one pCPU, and nobody else', () => {
    const bytes = file(
      goesOn(0, 1, 0),
      change(0, 11, 0, RUNNING, RUNNABLE),
      goesOn(1, 1, 1),
      change(1, 26, 1, RUNNING, BLOCKED),
      change(1, 26, 0, RUNNABLE, RUNNING),
      change(1, 46, 0, RUNNING, BLOCKED),
      change(1, 50, 0, BLOCKED, RUNNABLE),
    );
    const workload = imported(bytes, 1e9);
    const setup = setupOf(workload === undefined ? '' : textOf(workload));
    expect(setup.duration).toBe(49);
    expect(setup.domains[0].vcpus.map(({ hardAffinity }) => hardAffinity)).toEqual(['all', [1]]);
  });

  it('has the CPU time of every vCPU of the recorded run', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const { machine, timeline } = runRecipe(recipe);
        const { hz, pieces } = writeXentrace(timeline);
        const result = importXentrace(joined(pieces), { hz });
        if (!result.ok) return;
        for (const { domain, vcpu, record } of result.workload.vcpus) {
          const [recordedVcpu] = machine.domains[domain].vcpus.slice(vcpu);
          expect(record.run).toBe(machine.core.timeIn(recordedVcpu, RUNNING));
        }
        expect(result.workload.duration).toBe(timeline.duration);
      }),
      { numRuns: 20 },
    );
  });
});

describe('the file of a workload', () => {
  const vcpu = (vcpu: number, count: number) => ({
    domain: 1,
    life: 1,
    vcpu,
    start: 0,
    record: { pcpus: [0], migrations: 0, run: 1, waited: 0, runs: 1, wakeWaits: [], wakes: [] },
    ops: Array.from({ length: count }, () => ({ kind: 'run', length: 1 }) as const),
  });
  const workload: Omit<Workload, 'vcpus'> = {
    pcpus: 1,
    duration: 10,
    lostRecords: 0,
    contradictions: 0,
    schedulers: [],
    hz: 1e9,
    tracedHz: undefined,
    version: undefined,
    ahead: [],
  };

  it('is refused if an experiment file could not hold it', () => {
    expect(workloadFile({ ...workload, vcpus: [vcpu(0, 40_001)] })).toEqual({
      ok: false,
      message: 'it has 40001 operations, an experiment file at most 40000: take a shorter part',
    });
    const vcpus = Array.from({ length: 4097 }, (_, i) => vcpu(i, 1));
    expect(workloadFile({ ...workload, vcpus })).toEqual({
      ok: false,
      message: 'it has 4097 vCPUs, an experiment file at most 4096',
    });
  });

  it('can be read if it is as long as it may be', () => {
    const ops = Array.from({ length: 40_000 }, (_, i) => ({
      kind: i % 2 === 0 ? ('run' as const) : ('block' as const),
      length: 987_654_321 + i,
    }));
    const written = workloadFile({ ...workload, vcpus: [{ ...vcpu(0, 0), ops }] });
    if (!written.ok) throw new Error(written.message);
    const [domain] = setupOf(written.text).domains;
    const [{ guest }] = domain.vcpus;
    expect(guest.name === 'script' && guest.ops.length).toBe(40_000);
  });
});
