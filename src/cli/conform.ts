import { formatDifference } from '../conformance/compare.ts';
import { conformOne, scenarioNames } from '../conformance/conform.ts';
import { counted } from '../input/counted.ts';
import { DONE, FAILED, WRONG_INPUT } from './exit-codes.ts';
import { complain, say } from './say.ts';

/** `preemptlab conform FOLDER`. @returns the exit code */
export function conformCommand(folder: string): number {
  let names: string[];
  try {
    names = scenarioNames(folder);
  } catch (error) {
    complain(`${folder}: ${error instanceof Error ? error.message : error}`);
    return WRONG_INPUT;
  }
  if (names.length === 0) {
    complain(`${folder}: no *.scenario.json here. Name a folder of recorded scenarios.`);
    return WRONG_INPUT;
  }
  let agreed = 0;
  for (const name of names) {
    const outcome = conformOne(folder, name);
    switch (outcome.kind) {
      case 'agree':
        agreed++;
        say(`agree   ${name} (${counted(outcome.records, 'record')})`);
        break;
      case 'differ':
        say(`DIFFER  ${name}, first at line ${outcome.difference.line}:`);
        say(formatDifference(outcome.difference));
        break;
      case 'failed':
        say(`FAILED  ${name}: ${outcome.problem}`);
        break;
    }
  }
  say(`AGREE ${agreed}/${names.length}`);
  return agreed === names.length ? DONE : FAILED;
}
