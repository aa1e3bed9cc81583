import type { z } from 'zod';
import type { Problem } from '../input/problems.ts';
import { profilesOf } from './plan/cost-profile.ts';
import { type LoadResult, readExperiment } from './plan/parse.ts';
import type { Experiment, experimentSchema } from './schema/schema.ts';

/** What an experiment file may say, as an object: the same keys, units in strings such as '10ms'. */
export type ExperimentDescription = z.input<typeof experimentSchema>;

/** What belongs to an experiment besides its text. */
export interface ParseOptions {
  /** Its name in messages. */
  readonly name?: string;
  /** Texts of the cost profiles that it may name; those that come with the package are files, which only `loadExperiment` reads. */
  readonly profiles?: Readonly<Record<string, string>>;
  /** `path=value` each, applied to the text in order. */
  readonly overrides?: readonly string[];
}

/** An experiment is wrong; `problems` says where and how. */
export class ExperimentError extends Error {
  override readonly name = 'ExperimentError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

/** Checks the text of an experiment file (YAML), with all its cells; reads no file. Never throws on wrong input. */
export function parseExperiment(text: string, options: ParseOptions = {}): LoadResult {
  const { name = 'experiment', profiles = {}, overrides = [] } = options;
  return readExperiment(name, text, profilesOf(profiles), overrides);
}

/**
 * An experiment from an object, checked like a file.
 * @throws ExperimentError that says everything that is wrong
 */
export function defineExperiment(
  description: ExperimentDescription,
  options: ParseOptions = {},
): Experiment {
  const defined = parseExperiment(JSON.stringify(description, null, 2), options);
  if (!defined.ok) throw new ExperimentError(defined.problems);
  return defined.experiment;
}
