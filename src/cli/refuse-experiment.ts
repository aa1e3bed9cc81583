import { formatProblems, type Problem } from '../input/problems.ts';
import { refuse } from './exit-codes.ts';

/** Says what is wrong with the experiment that the results in `folder` were made from. @returns the exit code */
export function refuseExperiment(folder: string, problems: readonly Problem[]): number {
  return refuse(`${folder}: the experiment in it is wrong:\n${formatProblems(problems)}`);
}
