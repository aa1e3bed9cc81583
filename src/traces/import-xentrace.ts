import type { Duration } from '../engine/time.ts';
import { formatDuration } from '../input/units.ts';
import { RunstateFollower } from './runstate-follower.ts';
import { TraceClock } from './trace-clock.ts';
import { TraceFacts } from './trace-facts.ts';
import type { Workload } from './workload.ts';
import { readXentrace } from './xentrace-reader.ts';
import { type ByteProblem, ByteProblems } from './xentrace-windows.ts';

/** A workload, or everything that is wrong with a file (at most 20 things), in the order of the bytes. */
export type ImportResult =
  | { readonly ok: true; readonly workload: Workload }
  | { readonly ok: false; readonly problems: readonly ByteProblem[] };

/** How a trace is to be read, and which part of it. */
export interface ImportChoice {
  /** Ticks of its TSC in a second, a whole number; absent: as the trace says. */
  readonly hz?: number | undefined;
  /** Records that contradict others are wrong; otherwise they are believed, and counted. */
  readonly isStrict?: boolean | undefined;
  /** The part: from so long after the first record (0), for so long (to the last one) [ns]. */
  readonly from?: Duration | undefined;
  readonly length?: Duration | undefined;
  /** Ids of the domains whose vCPUs are wanted; absent: all. */
  readonly domains?: readonly number[] | undefined;
}

/** Longest trace [ns]: sums of its times are exact. */
const TIME_MAX = 2 ** 50;

/** Reads a xentrace file: twice, first for what it says of its machine. */
export function importXentrace(bytes: Uint8Array, choice: ImportChoice = {}): ImportResult {
  const facts = new TraceFacts();
  for (const record of readXentrace(bytes, new ByteProblems()).records) facts.record(record);
  const hz = choice.hz ?? facts.hz ?? 1e9;
  const ahead = facts.ahead(hz);
  const problems = new ByteProblems(choice.isStrict);
  const { pcpus, records, losses } = readXentrace(bytes, problems, ahead);
  const { from = 0, length = Number.POSITIVE_INFINITY, domains } = choice;
  const follower = new RunstateFollower(new TraceClock(hz, from), 0 + length, losses, problems);
  for (const record of records) if (!follower.record(record)) break;
  const { histories, duration } = follower.finish();
  const wanted = histories.filter(({ domain }) => domains?.includes(domain) ?? true);
  const known = [...new Set(histories.map(({ domain }) => domain))];
  const unknown = domains?.filter((domain) => !known.includes(domain)) ?? [];
  const workload: Workload = {
    pcpus: (pcpus.at(-1) ?? 0) + 1,
    duration,
    vcpus: wanted.flatMap((history) => history.workload(duration) ?? []),
    lostRecords: losses.reduce((sum, { count }) => sum + count, 0),
    contradictions: problems.contradictions,
    schedulers: facts.schedulers,
    version: facts.version(hz),
    hz,
    tracedHz: facts.hz,
    ahead: [...ahead]
      .sort(([a], [b]) => a - b)
      .map(([pcpu, ticks]) => ({ pcpu, time: Math.round((ticks / hz) * 1e9) })),
  };
  if (unknown.length > 0 && problems.found.length === 0) {
    problems.add(0, `there is no domain ${unknown.join(', ')}: it has ${known.join(', ')}`);
  }
  complain(workload, choice, problems);
  const found = problems.found.toSorted((a, b) => a.byte - b.byte);
  return found.length === 0 ? { ok: true, workload } : { ok: false, problems: found };
}

/** What is wrong with a workload, though no byte of the file is. */
function complain(workload: Workload, { hz, from }: ImportChoice, problems: ByteProblems): void {
  const { duration, vcpus, tracedHz } = workload;
  if (duration > TIME_MAX) {
    problems.add(0, `it lasts ${duration / 1e9} s: is this the speed of its TSC?`);
  }
  if (problems.found.length > 0) return;
  if (duration < 0) {
    problems.add(
      0,
      `it ends ${formatDuration(-duration)} before the part that was asked for, which is to begin at ${formatDuration(from ?? 0)}`,
    );
  } else if (!vcpus.some(({ record }) => record.runs > 0)) {
    problems.add(
      0,
      'there is nothing to replay: no vCPU runs in this trace (is class 0x21000 on?)',
    );
  } else if (hz === undefined && tracedHz === undefined) {
    problems.add(
      0,
      'no record says how fast the TSC is (SWITCH_INFPREV, SWITCH_INFNEXT): give --cpu-hz',
    );
  }
}
