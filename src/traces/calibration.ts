import type { Duration } from '../engine/time.ts';
import {
  type CostConditions,
  type CostProfile,
  resolveCosts,
} from '../experiment/plan/cost-profile.ts';
import { quantileSorted } from '../stats/quantiles.ts';
import { PATHS, type PathName, type PathSample, type PathSums } from './path-sums.ts';
import type { RecordPlaces } from './recorded-waits.ts';
import type { TracedScheduler } from './workload.ts';

/** Which of two profiles: of Xen as it is, or while it is traced. */
export const TRACINGS = ['untraced', 'traced'] as const;
export type Tracing = (typeof TRACINGS)[number];

/** The stretches of a trace that one scheduler wrote. */
export interface MeasuredTrace {
  readonly scheduler: TracedScheduler;
  /** Ticks in a second. */
  readonly hz: number;
  readonly sums: PathSums;
}

/** How long a stretch takes: least, median, 99th percentile, most, and mean [ns]. */
export interface Law {
  readonly least: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly mean: number;
}

/** What traces say of one stretch under one scheduler. */
export interface PathLaw {
  readonly count: number;
  /** Without tracing, as far as SWITCH_INFPREV, and as a whole; and as it was recorded. */
  readonly toDecision: Law;
  readonly whole: Law;
  readonly traced: Law;
  /** Records written in it, and of these before the scheduler began to decide, on average. */
  readonly records: number;
  readonly recordsBefore: number;
}

/** What traces say of one scheduler. */
export interface SchedulerLaws {
  readonly scheduler: TracedScheduler;
  /** What writing one record takes [ns]. */
  readonly record: number;
  readonly paths: Readonly<Partial<Record<PathName, PathLaw>>>;
}

/**
 * A stretch that is so many times as long as the next shorter one is of another kind: it has a wait in it, or a long interrupt.
 * What is measured is the kind of which there are most.
 */
const GAP = 1.5;
/** A stretch must have been recorded so often. */
const SAMPLES_MIN = 10;

/** What one record takes: the intervals that hold nothing else [ns]; undefined: the trace has none. */
export function recordTime({ hz, sums: { tracer } }: MeasuredTrace): number | undefined {
  const sorted = tracer.toSorted((a, b) => a - b);
  const median = quantileSorted(sorted, 0.5);
  const usual = sorted.filter((ticks) => ticks <= 2 * median);
  if (usual.length < SAMPLES_MIN) return undefined;
  return ((usual.reduce((sum, ticks) => sum + ticks, 0) / usual.length) * 1e9) / hz;
}

/** What traces say, by scheduler in the order in which they come. */
export function schedulerLaws(traces: readonly MeasuredTrace[]): SchedulerLaws[] {
  const names = [...new Set(traces.map(({ scheduler }) => scheduler))];
  return names.flatMap((scheduler) => {
    const its = traces.filter((trace) => trace.scheduler === scheduler);
    const records = its.flatMap((trace) => recordTime(trace) ?? []);
    if (records.length === 0) return [];
    const record = records.reduce((sum, one) => sum + one, 0) / records.length;
    const paths = PATHS.flatMap((path) => {
      const samples = its.flatMap((trace) => usual(trace, path, recordTime(trace) ?? record));
      return samples.length < SAMPLES_MIN ? [] : [[path, pathLaw(samples)] as const];
    });
    return { scheduler, record, paths: Object.fromEntries(paths) };
  });
}

interface TimedSample {
  readonly sample: PathSample;
  readonly toDecision: number;
  readonly whole: number;
  readonly traced: number;
}

/** The samples of a stretch with nothing else in it [ns]. */
function usual(
  { hz, sums }: MeasuredTrace,
  path: PathName,
  record: number,
): readonly TimedSample[] {
  const toNs = (ticks: number) => (ticks * 1e9) / hz;
  const samples = sums.samples[path].map((sample) => ({
    sample,
    toDecision: toNs(sample.ticksToDecision) - sample.recordsToDecision * record,
    whole: toNs(sample.ticks) - sample.records * record,
    traced: toNs(sample.ticks),
  }));
  samples.sort((a, b) => a.traced - b.traced);
  let most: readonly TimedSample[] = [];
  let from = 0;
  for (let to = 1; to <= samples.length; to++) {
    const isTogether = to < samples.length && samples[to].traced <= GAP * samples[to - 1].traced;
    if (isTogether) continue;
    if (to - from > most.length) most = samples.slice(from, to);
    from = to;
  }
  return most;
}

function pathLaw(samples: readonly TimedSample[]): PathLaw {
  const mean = (of: (sample: PathSample) => number) =>
    samples.reduce((sum, { sample }) => sum + of(sample), 0) / samples.length;
  return {
    count: samples.length,
    toDecision: lawOf(samples.map(({ toDecision }) => toDecision)),
    whole: lawOf(samples.map(({ whole }) => whole)),
    traced: lawOf(samples.map(({ traced }) => traced)),
    records: mean(({ records }) => records),
    recordsBefore: mean(({ recordsBefore }) => recordsBefore),
  };
}

function lawOf(values: readonly number[]): Law {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, p50, p99, most] = [0, 0.5, 0.99, 1].map((p) => quantileSorted(sorted, p));
  return { least, p50, p99, most, mean: values.reduce((sum, one) => sum + one, 0) / values.length };
}

/** Costs of one scheduler that traces say, of Xen as it is and while it is traced [ns]. */
export interface DerivedCosts {
  readonly scheduler: TracedScheduler;
  readonly untraced: Readonly<Partial<Record<DerivedKey, Duration>>>;
  readonly traced: Readonly<Partial<Record<TracedKey, Duration>>>;
  /** How schedule() varies [ns]. */
  readonly spread: Readonly<Record<Tracing, Partial<Record<ScheduleKey, Law>>>>;
  /** Of what schedule() takes, what comes after its last record. */
  readonly afterRecords: Duration;
}

export type ScheduleKey = 'schedule' | 'schedule_from_idle';
export type DerivedKey = 'wake' | ScheduleKey;
export type TracedKey =
  | DerivedKey
  | 'schedule_same'
  | 'handle_wfi'
  | 'context_switch'
  | 'context_switch_from_idle';

/**
 * Of schedule() this share comes after the record that the next vCPU is running: what is left of it on the Xen that
 * qemu-icount was measured on (credit: from WAKE to running 1918 ns, of 2176 to the context switch).
 */
const AFTER_RECORDS = 0.21;

/**
 * Splits the sums among their steps, as they are split in `base`: WAKE to running is vcpu_wake, the end of the TIMER softirq,
 * the dispatch of the next one, and schedule() up to its last record. The steps between belong to other paths too, and stay.
 */
export function derive(
  laws: SchedulerLaws,
  base: CostProfile,
  conditions: CostConditions,
): DerivedCosts {
  const { scheduler, record, paths } = laws;
  const c = resolveCosts(base, conditions);
  const shared = c.timerReprogram + c.softirqDispatch;
  // Where a guest ran, it is charged.
  const scheduleBusy = c.schedule + c.burnCredits;
  const after = AFTER_RECORDS * (scheduleBusy + c.ratelimitCheck);
  const busy = paths.wake;
  const idle = paths.wakeFromIdle;
  const ofWake = (sum: Law, schedule: number) => {
    const inBase = c.wake + schedule + c.ratelimitCheck - after;
    // Where the base profile has nothing to split by, schedule() takes all of it.
    return inBase > 0 ? Math.max(0, sum.mean - shared) / inBase : 0;
  };
  // Who wakes up is the same work on either: one of the two sums splits, the other gives its schedule().
  const factor =
    busy !== undefined
      ? ofWake(busy.whole, scheduleBusy)
      : idle !== undefined
        ? ofWake(idle.whole, c.scheduleFromIdle)
        : 1;
  const wake = c.wake * factor;
  const afterRecords = after * factor;
  const rest = (sum: number, ofWaking: number) =>
    Math.max(0, sum - shared - ofWaking + afterRecords - c.ratelimitCheck);
  const restBusy = (sum: number, ofWaking: number) =>
    Math.max(0, rest(sum, ofWaking) - c.burnCredits);
  const path = busy ?? idle;
  const wakeTraced = wake + (path?.recordsBefore ?? 0) * record;
  const one = Math.round(record);
  return {
    scheduler,
    afterRecords: Math.round(afterRecords),
    untraced: {
      ...(path && { wake: Math.round(wake) }),
      ...(busy && { schedule: Math.round(restBusy(busy.whole.mean, wake)) }),
      ...(idle && { schedule_from_idle: Math.round(rest(idle.whole.mean, wake)) }),
    },
    traced: {
      ...(path && { wake: Math.round(wakeTraced) }),
      ...(busy && { schedule: Math.round(restBusy(busy.traced.mean, wakeTraced)) }),
      ...(idle && { schedule_from_idle: Math.round(rest(idle.traced.mean, wakeTraced)) }),
      ...(paths.same && {
        schedule_same: c.scheduleSame + Math.round((paths.same.records + 1) * record),
      }),
      ...(paths.block && { handle_wfi: c.handleWfi + one }),
      context_switch: c.contextSwitch + one,
      context_switch_from_idle: c.contextSwitchFromIdle + one,
    },
    spread: {
      untraced: {
        ...(busy && { schedule: mapLaw(busy.whole, (sum) => restBusy(sum, wake)) }),
        ...(idle && { schedule_from_idle: mapLaw(idle.whole, (sum) => rest(sum, wake)) }),
      },
      traced: {
        ...(busy && { schedule: mapLaw(busy.traced, (sum) => restBusy(sum, wakeTraced)) }),
        ...(idle && { schedule_from_idle: mapLaw(idle.traced, (sum) => rest(sum, wakeTraced)) }),
      },
    },
  };
}

/** Costs for which it was found what the simulator makes of them. */
export type Simulate = (
  scheduler: TracedScheduler,
  costs: Readonly<Partial<Record<string, Duration>>>,
  hasHog: boolean,
  places: RecordPlaces,
) => readonly Duration[];

/** Where records stand under one scheduler. */
export function placesOf(laws: SchedulerLaws, costs: DerivedCosts, tracing: Tracing): RecordPlaces {
  const runnable = laws.paths.woken?.[tracing === 'traced' ? 'traced' : 'whole'].mean ?? 0;
  return { afterRecords: costs.afterRecords, record: Math.round(runnable) };
}

/**
 * The same costs, with schedule() such that the simulator takes from wake-up to running as long as was recorded: its path may
 * have more in it than the steps that were counted, such as a second TIMER softirq for a timer that the wake-up has set.
 */
export function settle(laws: SchedulerLaws, draft: DerivedCosts, simulate: Simulate): DerivedCosts {
  const settled = (tracing: Tracing) => {
    const costs: Partial<Record<string, Duration>> = { ...draft[tracing] };
    const places = placesOf(laws, draft, tracing);
    for (const [path, key] of [
      ['wake', 'schedule'],
      ['wakeFromIdle', 'schedule_from_idle'],
    ] as const) {
      const before = costs[key];
      const law = laws.paths[path]?.[tracing === 'traced' ? 'traced' : 'whole'];
      if (before === undefined || law === undefined) continue;
      const waits = simulate(laws.scheduler, costs, path === 'wake', places);
      const simulated = quantileSorted(
        waits.toSorted((a, b) => a - b),
        0.5,
      );
      if (Number.isNaN(simulated)) continue;
      const missing = law.mean - places.record - simulated;
      costs[key] = Math.max(0, Math.round(before + missing));
    }
    return costs;
  };
  return { ...draft, untraced: settled('untraced'), traced: settled('traced') };
}

function mapLaw({ least, p50, p99, most, mean }: Law, change: (value: number) => number): Law {
  const [a, b, c, d, e] = [least, p50, p99, most, mean].map(change);
  return { least: a, p50: b, p99: c, most: d, mean: e };
}
