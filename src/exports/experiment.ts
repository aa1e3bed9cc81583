/**
 * Experiments: from a text or an object to cells, replications, comparisons. Nothing here reads a file, so it also runs in
 * a browser; `loadExperiment` of the package itself reads files.
 */
export { type Comparison, compareAll } from '../analysis/comparison.ts';
export { type Estimate, estimate } from '../analysis/summary.ts';
export {
  defineExperiment,
  type ExperimentDescription,
  ExperimentError,
  type ParseOptions,
  parseExperiment,
} from '../experiment/define.ts';
export type { CellResult, Outcome } from '../experiment/outcome.ts';
export type { LoadResult } from '../experiment/plan/parse.ts';
export { type ReplicationResult, replicate } from '../experiment/replication.ts';
export { replicationWeights } from '../experiment/sampling.ts';
export type { Cell, Experiment, Setup } from '../experiment/schema/schema.ts';
export { cellResult, runStudy, type StudyOptions } from '../experiment/study.ts';
export type { Problem } from '../input/problems.ts';
export type { Counters } from '../measure/counters.ts';
export type { LatencyKind } from '../measure/latency-kinds.ts';
export type { SampleColumns } from '../measure/sample-rows.ts';
