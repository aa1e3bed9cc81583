import type { Measurements } from '../experiment/replication.ts';
import type { Cell, Experiment } from '../experiment/schema/schema.ts';
import { causesOf } from '../measure/causes.ts';
import { counterNames } from '../measure/counters.ts';
import type { Summary } from '../stats/quantiles.ts';
import type { CsvValue } from './csv.ts';
import { csvNumbers, fullNumber } from './csv-number.ts';
import { levelNumbers } from './level-numbers.ts';

/** A table: names of its columns, and rows. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly CsvValue[]>;
}

/** Statistics of the samples of a replication, in the order of the columns of latency.csv. */
export const STATISTICS = [
  'mean',
  'min',
  'p50',
  'p90',
  'p99',
  'p999',
  'max',
] as const satisfies readonly (keyof Summary)[];

/**
 * Columns that say which cell a row is of: the cell, its policy, its level of each factor, and the levels that are amounts
 * once more as numbers.
 */
export function cellColumns(experiment: Experiment): string[] {
  const numbers = levelNumbers(experiment).map(({ column }) => column);
  return ['cell', 'policy', ...experiment.factors.map(({ name }) => name), ...numbers];
}

/** Their values. */
export function cellValues(experiment: Experiment, cell: Cell): string[] {
  const levels = experiment.factors.map(({ name }) => cell.levels[name] ?? '');
  const numbers = levelNumbers(experiment).map(({ factor, values }) =>
    fullNumber(values.get(cell.levels[factor] ?? '') ?? Number.NaN),
  );
  return [cell.id, cell.policy, ...levels, ...numbers];
}

/**
 * A file with lines of each replication. There are many, so they are made as text, not by way of a general table: all
 * but the names at their heads are numbers.
 */
export interface ReplicationTable {
  readonly file: string;
  /** After those that say which replication it is. */
  readonly columns: readonly string[];
  /** The lines of a replication without what says which it is, and without line end. */
  lines(result: Measurements): string[];
}

const DOMAIN_TIMES = ['guest', 'running', 'runnable', 'blocked', 'offline'] as const;

/** The tables of all replications, of an experiment with these jobs. */
export function replicationTables(jobs: readonly string[]): readonly ReplicationTable[] {
  return [LATENCY_TABLE, counterTable(counterNames(jobs)), DOMAIN_TABLE];
}

/** All columns of such a table. */
export function replicationColumns(
  experiment: Experiment,
  { columns }: ReplicationTable,
): readonly string[] {
  return [...cellColumns(experiment), 'replication', ...columns];
}

const LATENCY_TABLE: ReplicationTable = {
  file: 'latency.csv',
  columns: [
    'kind',
    'domain',
    'vcpu',
    'count',
    'censored',
    ...STATISTICS.map((name) => `${name}_ns`),
  ],
  lines: ({ latencies }) =>
    latencies.flatMap(({ kind, summary, censored, vcpus }) => {
      const line = (whose: string, own: Summary, unfinished: number) =>
        `${kind},${whose},${own.count},${unfinished},${csvNumbers(STATISTICS.map((name) => own[name]))}`;
      const each = vcpus.map((own) => line(`${own.domain},${own.vcpu}`, own.summary, own.censored));
      return [line(',', summary, censored), ...each];
    }),
};

function counterTable(names: readonly string[]): ReplicationTable {
  return {
    file: 'counters.csv',
    columns: names,
    lines: ({ counters }) => [csvNumbers(names.map((name) => counters[name]))],
  };
}

const DOMAIN_TABLE: ReplicationTable = {
  file: 'domains.csv',
  columns: [
    'domain',
    ...DOMAIN_TIMES.map((name) => `${name}_ns`),
    'missed_expiries',
    'late_jobs',
    'deadline_misses',
  ],
  lines: ({ domains }) =>
    domains.map(
      ({ name, missedExpiries, lateJobs, deadlineMisses, ...times }) =>
        // A domain's name is a word: nothing in it has to be quoted.
        `${name},${csvNumbers([...DOMAIN_TIMES.map((time) => times[time]), missedExpiries, lateJobs, deadlineMisses])}`,
    ),
};

/** The header of samples.csv. */
export function sampleColumns(experiment: Experiment): string[] {
  const own = ['replication', 'kind', 'domain', 'vcpu', 't_ns', 'pcpu', 'latency_ns', 'censored'];
  const causes = causesOf(experiment.jobs).map((cause) => `${cause}_ns`);
  return [...cellColumns(experiment), ...own, ...causes];
}
