import { missingNames } from '../experiment/missing-names.ts';
import { loadExperiment } from '../experiment/plan/load.ts';
import { silentKinds } from '../experiment/silent-kinds.ts';
import { counted } from '../input/counted.ts';
import { formatProblems } from '../input/problems.ts';
import { DONE, WRONG_INPUT } from './exit-codes.ts';
import { complain, say } from './say.ts';

/** Options of `preemptlab check`. */
export interface CheckOptions {
  readonly set: readonly string[];
}

/** `preemptlab check EXPERIMENT`. @returns the exit code */
export function checkCommand(file: string, { set }: CheckOptions): number {
  const loaded = loadExperiment(file, set);
  if (!loaded.ok) {
    complain(formatProblems(loaded.problems));
    return WRONG_INPUT;
  }
  const { cells, replications, until } = loaded.experiment;
  const most = until === undefined ? '' : ` to ${until.atMost}`;
  const silent = silentKinds(loaded.experiment);
  say(
    `${file}: sound, ${counted(cells.length, 'cell')} x ${counted(`${replications}${most}`, 'replication')}`,
  );
  if (silent.length > 0) {
    say(
      `but no guest can have latencies of the kind ${silent.join(', ')}: nothing will be measured of it`,
    );
  }
  const missing = missingNames(loaded.experiment);
  if (missing.length > 0) {
    say(
      `but pandas or R reads such a name in a table as a missing value: ${missing.join(', ')}: call it otherwise`,
    );
  }
  return DONE;
}
