import { mkdirSync, writeFileSync } from 'node:fs';
import { csvChunks } from '../../src/results/csv.ts';
import { curves, type Point } from './curve.ts';
import { timePerFlush } from './flush.ts';
import { hogs, machineTime, wakers } from './growth-machine.ts';
import { runTime } from './growth-study.ts';
import { rounded } from './measure.ts';
import { memoryLines } from './memory.ts';

/*
 * How time grows with the size of what is simulated: docs/performance/growth.csv, a plot per dimension, and memory on
 * stdout.
 *
 *     npm run bench:growth
 */

const FOLDER = 'docs/performance';

/** What is measured of a dimension. */
interface Dimension {
  readonly name: string;
  readonly x: string;
  readonly y: string;
  readonly sizes: readonly number[];
  /** A value per curve. */
  measure(size: number): Readonly<Record<string, number>>;
}

/** Those that share a pCPU among hogs. */
const SHARING = ['credit', 'credit2', 'rtds', 'round-robin'];
const SCHEDULERS = [...SHARING, 'edf'];

function perScheduler(
  measure: (scheduler: string) => number,
  schedulers = SCHEDULERS,
): Record<string, number> {
  return Object.fromEntries(schedulers.map((name) => [name, measure(name)]));
}

const DIMENSIONS: readonly Dimension[] = [
  {
    name: 'pcpus',
    x: 'pCPUs, 2 wakers each',
    y: 'CPU time per event [ns]',
    sizes: [1, 4, 16, 64, 256],
    measure: (n) => perScheduler((name) => machineTime(wakers(name, n, 2 * n)).perEvent),
  },
  {
    name: 'vcpus',
    x: 'vCPUs that sleep and wake, on 4 pCPUs',
    y: 'CPU time per event [ns]',
    sizes: [1, 16, 256, 1024, 4096],
    measure: (n) => perScheduler((name) => machineTime(wakers(name, 4, n)).perEvent),
  },
  {
    name: 'hogs',
    x: 'vCPUs that always want to run, on 4 pCPUs',
    y: 'CPU time per event [ns]',
    sizes: [1, 16, 256, 1024, 4096],
    measure: (n) => perScheduler((name) => machineTime(hogs(name, 4, n)).perEvent, SHARING),
  },
  {
    name: 'set-up',
    x: 'vCPUs, on 4 pCPUs',
    y: 'CPU time to build a machine [ms]',
    sizes: [1, 16, 256, 1024, 4096],
    measure: (n) => perScheduler((name) => machineTime(wakers(name, 4, n)).build),
  },
  {
    name: 'memory',
    x: 'memory of the guest [GiB]',
    y: 'CPU time per flush [us]',
    sizes: [1, 4, 16, 64, 256, 1024],
    measure: (gib) => ({ 'flush, 16 wakes': timePerFlush(gib) }),
  },
  {
    name: 'replications',
    x: 'replications of one cell',
    y: 'preemptlab run [s]',
    sizes: [1, 10, 100, 1000, 10_000],
    measure: (n) => ({ 'whole process': runTime(1, n) }),
  },
  {
    name: 'cells',
    x: 'cells, 2 replications each',
    y: 'preemptlab run [s]',
    sizes: [1, 10, 100, 1000, 4000],
    measure: (n) => ({ 'whole process': runTime(n, 2) }),
  },
];

function pointsOf({ name: dimension, sizes, measure }: Dimension): Point[] {
  // To warm up.
  for (const size of sizes.slice(0, 2)) measure(size);
  return sizes.flatMap((x) => {
    const values = Object.entries(measure(x));
    console.log(dimension, x, ...values.map(([variant, y]) => `${variant} ${rounded(y)}`));
    return values.map(([variant, y]) => ({ dimension, variant, x, y: rounded(y) }));
  });
}

mkdirSync(FOLDER, { recursive: true });
const only = process.argv[2]?.split(',');
const rows: (string | number)[][] = [];
for (const dimension of DIMENSIONS) {
  const { name, x, y } = dimension;
  if (only !== undefined && !only.includes(name)) continue;
  const points = pointsOf(dimension);
  rows.push(...points.map((point) => [name, point.variant, point.x, point.y, y]));
  writeFileSync(`${FOLDER}/${name}.svg`, curves(points, x, y));
}
if (only === undefined) {
  const columns = ['dimension', 'variant', 'size', 'value', 'what'];
  writeFileSync(`${FOLDER}/growth.csv`, [...csvChunks(columns, rows)].join(''));
}
console.log(memoryLines().join('\n'));
