import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import { type ReplicationResult, replicate } from '../../src/experiment/replication.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';

/** The experiment of a text without `question` and `replications`, with the shipped profiles; every sample is kept. */
export function experiment(text: string): Experiment {
  const whole = `question: part\nreplications: 1\n${text}`;
  const loaded = readExperiment('part.yaml', whole, costProfileFiles('experiments/part.yaml'), [
    'measure.samples=true',
  ]);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.experiment;
}

/** The study of that name under experiments/. */
export function study(name: string, overrides: readonly string[] = []): Experiment {
  const loaded = loadExperiment(`experiments/${name}.yaml`, overrides);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.experiment;
}

/** Runs one replication of the cell whose id is `id`, of the first cell without one. */
export function run(of: Experiment, id = of.cells[0].id, replication = 0): ReplicationResult {
  const cell = of.cells.find((candidate) => candidate.id === id);
  if (cell === undefined) throw new Error(`${id} is none of ${of.cells.map((each) => each.id)}`);
  return replicate(cell.setup, of.seed, replication);
}

/** A sample: when it began and ended, how long it took [ns], where. */
export interface Sample {
  readonly start: number;
  readonly end: number;
  readonly latency: number;
  readonly pcpu: number;
  readonly vcpu: number;
}

/** The samples of one kind, in order. */
export function samples(result: ReplicationResult, kind: LatencyKind): Sample[] {
  const columns = result.samples.find((each) => each.kind === kind)?.columns;
  if (columns === undefined) throw new Error(`no samples of ${kind}`);
  const { latency, time, pcpu, vcpu } = columns;
  return Array.from(latency, (length, i) => ({
    start: time[i] - length,
    end: time[i],
    latency: length,
    pcpu: pcpu[i],
    vcpu: vcpu[i],
  }));
}

export function latencies(result: ReplicationResult, kind: LatencyKind): number[] {
  return samples(result, kind).map(({ latency }) => latency);
}
