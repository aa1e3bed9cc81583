/** How much to measure. */
export interface Effort {
  /** Tiny inputs: the figures mean nothing, but every line is passed. */
  readonly quick: boolean;
  /** How often each piece of work is timed, after once to warm up; the fastest counts. */
  readonly runs: number;
}

/** The time that `work` takes [s]. */
export function timed(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** The CPU time that `work` takes [s]: others that use the machine disturb it less than they do the time of `timed`. */
export function cpuTimed(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/**
 * The shortest time of `runs` [s], after one run that warms up. What else the machine does can only make a run
 * slower, so the fastest is the least disturbed.
 * @param work - returns how long the part that is to be timed took [s]
 */
export function fastest({ runs }: Effort, work: () => number): number {
  work();
  return Math.min(...Array.from({ length: runs }, work));
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle - 0.5)] + sorted[Math.ceil(middle - 0.5)]) / 2;
}

/** Four significant digits: more are noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
