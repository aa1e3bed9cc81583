/** Statistics of the samples of one replication that can be compared. */
export const METRICS = ['mean', 'min', 'p50', 'p90', 'p99', 'p999', 'max'] as const;
/** A statistic of one replication. */
export type Metric = (typeof METRICS)[number];
