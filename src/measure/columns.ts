import { COUNTER_NAMES } from './counters.ts';

/** Columns of the tables of results besides those of factors; names that end in a unit are left out, as no factor has such. */
export const RESULT_COLUMNS: readonly string[] = [
  ...COUNTER_NAMES,
  // Which cell, replication and sample.
  'cell',
  'policy',
  'replication',
  'replications',
  'kind',
  'domain',
  'pcpu',
  'vcpu',
  // What is said of it.
  'statistic',
  'count',
  'censored',
  'estimate',
  'baseline',
  'difference',
  'margin',
  'verdict',
  'part',
  'samples',
  'along',
  'diverged',
  'pairs',
  'undecided',
  'p',
  'p_raw',
  'relative',
  'worst_replication',
];
