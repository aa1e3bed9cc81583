import { readFileSync } from 'node:fs';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { type LoadResult, readExperiment } from '../../src/experiment/plan/parse.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';

/** The experiment of a text without `question` and `replications`, with the shipped cost profiles. */
export function experimentOf(text: string): Experiment {
  const whole = `question: How fast?\nreplications: 1\n${text}`;
  return accepted(readExperiment('bench.yaml', whole, costProfileFiles('experiments/bench.yaml')));
}

/** The experiment in `file`, with the shipped cost profiles. */
export function experimentFile(file: string): Experiment {
  const profiles = costProfileFiles('experiments/bench.yaml');
  return accepted(readExperiment(file, readFileSync(file, 'utf8'), profiles));
}

function accepted(loaded: LoadResult): Experiment {
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.experiment;
}
