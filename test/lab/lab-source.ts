import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { costProfileTexts } from '../../src/experiment/plan/files.ts';
import type { Lab } from '../../src/lab/machine/lab.ts';
import type { Shown } from '../../src/lab/messages.ts';
import type { LabSource, LabView } from '../../src/lab/state.ts';

/** The experiments of some files, as `preemptlab lab` opens them. */
export function sourceOf(...files: readonly string[]): LabSource {
  const experiments = files.map((file) => ({
    name: basename(file, '.yaml'),
    file,
    text: readFileSync(file, 'utf8'),
    overrides: [],
  }));
  return { version: 'test', experiments, profiles: costProfileTexts(files[0]) };
}

/** What a view shows when all of it has been run. */
export function shownAtEnd(lab: Lab, view: LabView): Shown {
  const running = lab.begin(view);
  while (running.step());
  return running.shown();
}

/** The arguments behind `npx preemptlab` of a command that a shell would split. */
export function argumentsOf(command: string): string[] {
  const words = command.match(/(?:[^\s']+|'[^']*')+/g) ?? [];
  return words.slice(2).map((word) => word.replaceAll("'", ''));
}
