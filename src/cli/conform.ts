import { formatDifference } from '../conformance/compare.ts';
import { conformOne, scenarioNames } from '../conformance/conform.ts';
import { DONE, FAILED, WRONG_INPUT } from './exit-codes.ts';

/** `preemptlab conform FOLDER`. @returns the exit code */
export function conformCommand(folder: string): number {
  let names: string[];
  try {
    names = scenarioNames(folder);
  } catch (error) {
    console.error(`${folder}: ${error instanceof Error ? error.message : error}`);
    return WRONG_INPUT;
  }
  if (names.length === 0) {
    console.error(`${folder}: no *.scenario.json here. Name a folder of recorded scenarios.`);
    return WRONG_INPUT;
  }
  let agreed = 0;
  for (const name of names) {
    const outcome = conformOne(folder, name);
    switch (outcome.kind) {
      case 'agree':
        agreed++;
        console.log(`agree   ${name} (${outcome.records} records)`);
        break;
      case 'differ':
        console.log(`DIFFER  ${name}, first at line ${outcome.difference.line}:`);
        console.log(formatDifference(outcome.difference));
        break;
      case 'failed':
        console.log(`FAILED  ${name}: ${outcome.problem}`);
        break;
    }
  }
  console.log(`AGREE ${agreed}/${names.length}`);
  return agreed === names.length ? DONE : FAILED;
}
