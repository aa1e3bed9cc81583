import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCKED, RUNNABLE, RUNNING } from '../../src/hypervisor/machine/vcpu.ts';
import { importXentrace } from '../../src/traces/import-xentrace.ts';
import { recordTimeline, type Timeline } from '../../src/traces/timeline.ts';
import { workloadFile } from '../../src/traces/workload-file.ts';
import { writeXentrace } from '../../src/traces/xentrace.ts';
import { CROWD, FLUSHES, joined, recipes, recorded, runRecipe, setupOf } from './timelines.ts';
import { change, file, goesOn } from './xentrace-bytes.ts';

/** The workload file of a trace; undefined: there is nothing in it to replay. */
function imported(bytes: Uint8Array, hz: number): string | undefined {
  const result = importXentrace(bytes, hz);
  if (!result.ok) {
    expect(result.problems.map(({ message }) => message).join()).toMatch(/nothing to replay/);
    return undefined;
  }
  const written = workloadFile(result.workload);
  if (!written.ok) throw new Error(written.message);
  return written.text;
}

function workloadOf(timeline: Timeline): string | undefined {
  const { hz, pieces } = writeXentrace(timeline);
  return imported(joined(pieces), hz);
}

/** What is imported from the timeline of the replayed workload is the workload, byte by byte. */
function expectSame(workload: string | undefined): void {
  if (workload === undefined) return;
  expect(workloadOf(recordTimeline(setupOf(workload), 1, 0))).toBe(workload);
}

describe('a workload that is replayed, traced and imported again', () => {
  it('is the same, whatever it was recorded from', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        expectSame(workloadOf(runRecipe(recipe).timeline));
      }),
      { numRuns: 60 },
    );
  });

  it('is the same for machines whose hypervisor takes time', () => {
    for (const text of [FLUSHES, CROWD]) {
      const workload = workloadOf(recorded(text).timeline);
      expect(workload).toContain('[run, ');
      expectSame(workload);
    }
  });

  it.each(['credit2', 'rtds', 'round-robin', 'edf'])(
    'is the same under %s, which decides otherwise than what it was recorded from',
    (scheduler) => {
      const workload = workloadOf(recorded(CROWD).timeline) ?? '';
      const other = workload.replace('costs: zero', `costs: zero, scheduler: ${scheduler}`);
      expect(workloadOf(recordTimeline(setupOf(other), 1, 0))).toBe(workload);
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
    expect(workload?.match(/^ {2}d\d+:$/gm)).toEqual(['  d7:', '  d12:']);
    expectSame(workload);
  });

  it('lasts long enough for vCPUs that shared no pCPU when they were recorded', () => {
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
    // Both run on pCPU 1, 30 and 25 ns, and one is blocked for 4 ns.
    expect(workload).toContain('duration: 60ns');
    expectSame(workload);
  });

  it('has the CPU time of every vCPU of the recorded run', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const { machine, timeline } = runRecipe(recipe);
        const { hz, pieces } = writeXentrace(timeline);
        const result = importXentrace(joined(pieces), hz);
        if (!result.ok) return;
        for (const { domain, vcpu, ops } of result.workload.vcpus) {
          const run = ops.reduce((sum, { kind, length }) => sum + (kind === 'run' ? length : 0), 0);
          const [recordedVcpu] = machine.domains[domain].vcpus.slice(vcpu);
          expect(run).toBe(machine.core.timeIn(recordedVcpu, RUNNING));
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
    vcpu,
    pcpu: 0,
    start: 0,
    ops: Array.from({ length: count }, () => ({ kind: 'run', length: 1 }) as const),
  });
  const workload = { pcpus: 1, duration: 10, lostRecords: 0 };

  it('is refused if an experiment file could not hold it', () => {
    expect(workloadFile({ ...workload, vcpus: [vcpu(0, 40_001)] })).toEqual({
      ok: false,
      message:
        'it has 40001 times of running and being blocked, an experiment file at most 40000: take a shorter trace',
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
