import type { Effort } from './measure.ts';

/** A figure that the bench measures. */
export interface Figure {
  /** Where it is in the JSON: `hold.16` is the key "16" in `hold`. */
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** What it must not be worse than, and what it should reach; absent: nothing is laid down. */
  readonly floor?: number;
  readonly aim?: number;
  measure(effort: Effort): number | Promise<number>;
}

/*
 * Each figure's code is loaded when it is measured, so that figures can be measured on a version for which the code of
 * others does not work.
 *
 * Floors and aims are for a machine of 2 vCPUs of a 2.6 GHz Xeon with Node 20; those of hold and mm1 are ratios to C++
 * programs (yardstick.ts), which hold anywhere. For comparison, on that machine: Xen's own C code in a minimal event loop
 * makes 0.75 to 1.07 million decisions per second with a full trace; SimSo does 0.0096 million jobs per second.
 */

/** Every figure, in the order of the table. */
export const FIGURES: readonly Figure[] = [
  hold(16),
  hold(256),
  hold(4096),
  {
    name: 'mm1',
    unit: 'M events/s',
    better: 'higher',
    measure: async (effort) => (await import('./mm1.ts')).mm1(effort),
  },
  decisions('credit'),
  decisions('credit2'),
  decisions('rtds'),
  traced('credit'),
  traced('credit2'),
  traced('rtds'),
  {
    name: 'edf_jobs',
    unit: 'M jobs/s',
    better: 'higher',
    floor: 0.5,
    aim: 1.5,
    measure: async (effort) => (await import('./edf.ts')).edfJobs(effort),
  },
  {
    name: 'simulated_seconds_per_second',
    unit: 's/s',
    better: 'higher',
    floor: 200,
    aim: 1000,
    measure: async (effort) => (await import('./study.ts')).simulatedSeconds(effort),
  },
  flush('1GiB', 1),
  flush('1TiB', 1024),
  {
    name: 'dario_s',
    unit: 's',
    better: 'lower',
    floor: 60,
    aim: 15,
    measure: async (effort) => (await import('./study.ts')).studyTime(effort),
  },
  {
    name: 'help_ms',
    unit: 'ms',
    better: 'lower',
    floor: 150,
    aim: 80,
    measure: async (effort) => (await import('./study.ts')).helpTime(effort),
  },
  {
    name: 'csv_million_rows_s',
    unit: 's',
    better: 'lower',
    floor: 3,
    aim: 1,
    measure: async (effort) => (await import('./csv.ts')).csvTime(effort),
  },
];

function hold(pending: number): Figure {
  return {
    name: `hold.${pending}`,
    unit: 'M events/s',
    better: 'higher',
    measure: async (effort) => (await import('./hold.ts')).hold(pending, effort),
  };
}

function decisions(scheduler: string): Figure {
  return {
    name: `decisions.${scheduler}`,
    unit: 'M decisions/s',
    better: 'higher',
    floor: 0.8,
    aim: 2,
    measure: async (effort) => (await import('./decisions.ts')).decisions(scheduler, effort),
  };
}

function traced(scheduler: string): Figure {
  return {
    name: `decisions_traced.${scheduler}`,
    unit: 'M decisions/s',
    better: 'higher',
    floor: 0.4,
    aim: 0.8,
    measure: async (effort) => (await import('./decisions.ts')).tracedDecisions(scheduler, effort),
  };
}

function flush(memory: string, gib: number): Figure {
  return {
    name: `events_per_flush.${memory}`,
    unit: 'events',
    better: 'lower',
    measure: async (effort) => (await import('./flush.ts')).eventsPerFlush(gib, effort),
  };
}

/** The figures whose names begin with one of the comma-separated texts; all without texts. */
export function chosenFigures(only: string | undefined): Figure[] {
  const texts = only?.split(',') ?? [''];
  const chosen = FIGURES.filter(({ name }) => texts.some((text) => name.startsWith(text)));
  if (chosen.length > 0) return chosen;
  throw new Error(`--only ${only}: none of ${FIGURES.map(({ name }) => name).join(', ')}`);
}

/** Values by name as nested objects: `hold.16` becomes `{hold: {"16": ...}}`. */
export function nested(values: ReadonlyMap<string, number>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of values) {
    const path = name.split('.');
    let place = result;
    for (const key of path.slice(0, -1)) {
      place[key] ??= {};
      place = place[key] as Record<string, unknown>;
    }
    place[path[path.length - 1]] = value;
  }
  return result;
}
