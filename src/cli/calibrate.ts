import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { timeText } from '../analysis/time-text.ts';
import {
  type CostProfile,
  loadCostProfile,
  type ProfileSource,
} from '../experiment/plan/cost-profile.ts';
import { costProfileFiles } from '../experiment/plan/files.ts';
import { formatProblems, printable } from '../input/problems.ts';
import { fromPlain, makeSource } from '../input/tree.ts';
import { strangersAmong, writeOutput } from '../results/output-files.ts';
import { calibratedProfile } from '../traces/calibrated-profile.ts';
import {
  type DerivedCosts,
  derive,
  placesOf,
  type SchedulerLaws,
  type Simulate,
  schedulerLaws,
  settle,
  TRACINGS,
  type Tracing,
} from '../traces/calibration.ts';
import { checkWaits, guestLatency } from '../traces/calibration-check.ts';
import { importXentrace } from '../traces/import-xentrace.ts';
import { PATHS, PathSums } from '../traces/path-sums.ts';
import { simulateRounds } from '../traces/rounds.ts';
import type { TracedScheduler, Workload } from '../traces/workload.ts';
import { readXentrace } from '../traces/xentrace-reader.ts';
import { ByteProblems } from '../traces/xentrace-windows.ts';
import { DONE, refuse } from './exit-codes.ts';
import { readTrace } from './read-trace.ts';
import { complain, say } from './say.ts';
import { outputWidth, tableLines } from './table-lines.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab calibrate`, as typed. */
export interface CalibrateOptions {
  readonly base: string;
  readonly out?: string;
}

/** A trace and what it says. */
interface Read {
  /** Its name without folder and ending, which its workload gets. */
  readonly name: string;
  readonly workload: Workload;
  readonly scheduler: TracedScheduler;
  readonly sums: PathSums;
}

/** The name of a profile. */
function profileName(scheduler: TracedScheduler, tracing: Tracing): string {
  return `calibrated-${scheduler}${tracing === 'traced' ? '-traced' : ''}`;
}

/** `preemptlab calibrate TRACE...`. @returns the exit code */
export async function calibrateCommand(
  files: readonly string[],
  { base, out = join('results', 'calibrated') }: CalibrateOptions,
): Promise<number> {
  const mistakes: string[] = [];
  const shipped = costProfileFiles(join(out, 'x.yaml'));
  const profile = loadCostProfile(
    base,
    fromPlain(base, { source: makeSource('--base', base), offset: 0 }),
    shipped,
  );
  if (!profile.ok) mistakes.push(`--base ${printable(base)}: ${formatProblems(profile.problems)}`);
  const traces = files.flatMap((file) => read(file, mistakes) ?? []);
  const laws = schedulerLaws(
    traces.map(({ scheduler, sums, workload: { hz } }) => ({ scheduler, sums, hz })),
  );
  const known = laws.filter(({ paths }) => paths.wake ?? paths.wakeFromIdle);
  if (mistakes.length === 0 && known.length === 0) {
    mistakes.push('no trace has wake-ups from which costs follow (events of class 0x28000)');
  }
  if (mistakes.length > 0 || !profile.ok) return refuse(mistakes.join('\n'));
  const derived = known.map((law) => {
    const simulate = simulateOn(traces, base, shipped);
    return settle(law, derive(law, profile.value, conditions(law)), simulate);
  });
  return withLock(out, async () => {
    const written = writeProfiles(out, derived, known, profile.value, files);
    if (written.length > 0) return refuse(written.join('\n'));
    tellLaws(laws);
    tellChecks(traces, laws, derived, costProfileFiles(join(out, 'x.yaml')), out);
    for (const { scheduler } of derived) {
      for (const tracing of TRACINGS)
        say(join(out, 'costs', `${profileName(scheduler, tracing)}.yaml`));
    }
    return DONE;
  });
}

function conditions({ scheduler }: SchedulerLaws) {
  const isRatelimited = scheduler === 'credit' || scheduler === 'credit2';
  return { scheduler, isRatelimited, rootLevel: 1 };
}

/** Simulates wake-ups on the machine that wrote the first trace of a scheduler, with some costs of the base profile replaced. */
function simulateOn(traces: readonly Read[], base: string, profiles: ProfileSource): Simulate {
  return (scheduler, costs, hasHog, places) => {
    const trace = traces.find((one) => one.scheduler === scheduler);
    if (trace === undefined) return [];
    const replaced = Object.entries(costs).map(([key, cost]) => `, ${key}: ${cost}ns`);
    const text = `{profile: ${base}, spread: false${replaced.join('')}}`;
    return simulateRounds(trace.workload, hasHog, text, profiles, places).waits;
  };
}

/** Reads a trace. @returns undefined if it is told what is wrong with it */
function read(file: string, mistakes: string[]): Read | undefined {
  const name = printable(file);
  const bytes = readTrace(file);
  if (typeof bytes === 'string') {
    mistakes.push(`${name}: ${bytes}`);
    return undefined;
  }
  const result = importXentrace(bytes);
  if (!result.ok) {
    mistakes.push(
      ...result.problems.map(({ byte, message }) => `${name}: byte ${byte}: ${message}`),
    );
    return undefined;
  }
  const { workload } = result;
  const [scheduler] = workload.schedulers;
  if (scheduler === undefined) {
    mistakes.push(`${name}: no record says which scheduler this was (event class 0x22000)`);
    return undefined;
  }
  const sums = new PathSums();
  for (const record of readXentrace(bytes, new ByteProblems()).records) sums.record(record);
  return { name: basename(file).replace(/\..*$/, ''), workload, scheduler, sums };
}

/** Writes two profiles for each scheduler. @returns what stands in their way */
function writeProfiles(
  out: string,
  derived: readonly DerivedCosts[],
  laws: readonly SchedulerLaws[],
  base: CostProfile,
  files: readonly string[],
): string[] {
  const traces = files.map((file) => basename(file));
  const folder = join(out, 'costs');
  mkdirSync(folder, { recursive: true });
  const texts = derived.flatMap((own) =>
    TRACINGS.map((tracing) => ({
      name: `${profileName(own.scheduler, tracing)}.yaml`,
      text: calibratedProfile(tracing, own, derived, laws, base, traces),
    })),
  );
  const strangers = strangersAmong(
    folder,
    texts.map(({ name }) => name),
  );
  if (strangers.length > 0) return strangers;
  for (const { name, text } of texts) writeOutput(folder, name, [text]);
  return [];
}

/** Says what was measured. */
function tellLaws(laws: readonly SchedulerLaws[]): void {
  for (const { scheduler, record, paths } of laws) {
    say(`${scheduler}: a record takes ${timeText(record)}; taken off:`);
    const rows = PATHS.flatMap((path) => {
      const law = paths[path];
      if (law === undefined) return [];
      const { count, toDecision, whole } = law;
      const times = [toDecision.p50, whole.p50, whole.least, whole.p99, whole.most];
      return [[PATH_TEXTS[path], String(count), ...times.map((ns) => timeText(ns))]];
    });
    const head = ['from, to', 'times', 'to the decision, p50', 'p50', 'least', 'p99', 'most'];
    for (const line of tableLines([head, ...rows], outputWidth())) say(line);
  }
}

const PATH_TEXTS = {
  wake: 'wake to running',
  wakeFromIdle: 'wake to running, from idle',
  block: 'block to decision',
  switch: 'decision to running',
  same: 'no switch',
  woken: 'wake to runnable',
} as const;

/** Replays each trace under the profile of traced Xen, and says how the waits compare; and without tracing. */
function tellChecks(
  traces: readonly Read[],
  laws: readonly SchedulerLaws[],
  derived: readonly DerivedCosts[],
  profiles: ProfileSource,
  out: string,
): void {
  const rows = traces.flatMap(({ name, workload, scheduler }) => {
    const law = laws.find((one) => one.scheduler === scheduler);
    const costs = derived.find((one) => one.scheduler === scheduler);
    if (law === undefined || costs === undefined) {
      complain(
        `${name}: too few wake-ups are served at once (${scheduler}): no costs follow from it`,
      );
      return [];
    }
    const places = placesOf(law, costs, 'traced');
    const check = checkWaits(workload, profileName(scheduler, 'traced'), profiles, places);
    if (check === undefined) {
      complain(`${name}: it is too long to be replayed`);
      return [];
    }
    const { recorded, simulated, text } = check;
    const file = `${name}.yaml`;
    const strangers = strangersAmong(out, [file]);
    for (const stranger of strangers) complain(stranger);
    if (strangers.length === 0) writeOutput(out, file, [text]);
    const guest = (tracing: Tracing) =>
      guestLatency(
        workload,
        profileName(scheduler, tracing),
        profiles,
        placesOf(law, costs, tracing),
      );
    const latencies = [guest('traced'), guest('untraced')];
    const off = (i: 0 | 1) => `${((simulated[i] / recorded[i] - 1) * 100).toFixed(1)} %`;
    const pairs = ([0, 1] as const).flatMap((i) => [
      timeText(recorded[i]),
      timeText(simulated[i]),
      off(i),
    ]);
    return [[name, ...pairs, ...latencies.map((ns) => timeText(ns ?? Number.NaN))]];
  });
  const head = ['wake to running', 'p50', 'simulated', '', 'p99', 'simulated', ''];
  const table = [[...head, 'guest p50: traced', 'untraced'], ...rows];
  for (const line of tableLines(table, outputWidth())) say(line);
}
