import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import { type LoadResult, readExperiment } from '../../src/experiment/plan/parse.ts';
import { type ReplicationResult, replicate } from '../../src/experiment/replication.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';
import type { Metric } from '../../src/measure/metrics.ts';
import type { SampleColumns } from '../../src/measure/sample-rows.ts';

/** The experiment of a file below `experiments`, some of its values overridden. */
export function fromFile(file: string, overrides: readonly string[] = []): Experiment {
  return accepted(loadExperiment(`experiments/${file}`, overrides));
}

/** The experiment of a text, with the shipped cost profiles. */
export function fromText(text: string): Experiment {
  return accepted(readExperiment('test.yaml', text, costProfileFiles('experiments/test.yaml')));
}

function accepted(loaded: LoadResult): Experiment {
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.experiment;
}

/** All replications of the cell whose id ends with `cell`. */
export function runCell(experiment: Experiment, cell: string): ReplicationResult[] {
  const found = experiment.cells.find(({ id }) => id.endsWith(cell));
  if (found === undefined) throw new Error(`no cell ${cell}`);
  return Array.from({ length: experiment.replications }, (_, replication) =>
    replicate(found.setup, experiment.seed, replication),
  );
}

/** A statistic of each replication. */
export function values(
  results: readonly ReplicationResult[],
  kind: LatencyKind,
  metric: Metric,
): number[] {
  return results.map(({ latencies }) => {
    const latency = latencies.find((candidate) => candidate.kind === kind);
    if (latency === undefined) throw new Error(`no ${kind}`);
    return latency.summary[metric];
  });
}

/** The samples of a kind, for an experiment that keeps them. */
export function samplesOf({ samples }: ReplicationResult, kind: LatencyKind): SampleColumns {
  const found = samples.find((candidate) => candidate.kind === kind);
  if (found === undefined) throw new Error(`no samples of ${kind}`);
  return found.columns;
}
