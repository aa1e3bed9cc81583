import { statSync } from 'node:fs';
import { openBatch } from '../batch/batch.ts';
import { WHOLE } from '../batch/shard.ts';
import { missingReplications } from '../batch/tasks.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import type { Journal } from '../results/journal.ts';
import { hasJournal, removeJournal } from '../results/journal-folder.ts';
import { findSources, mergeInto } from '../results/merge.ts';
import { openStudy } from '../results/read-study.ts';
import { complete } from './complete.ts';
import { FAILED, refuse } from './exit-codes.ts';
import { complain } from './say.ts';
import { tellDamage } from './tell-damage.ts';
import { version } from './version.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab merge`. */
export interface MergeOptions {
  readonly out: string;
  readonly quiet?: boolean;
}

/** `preemptlab merge DIR... --out DIR`. @returns the exit code */
export async function mergeCommand(
  folders: readonly string[],
  { out, quiet }: MergeOptions,
): Promise<number> {
  const found = findSources(folders);
  if (!found.ok) return refuse(found.messages.join('\n'));
  const own = folders.find((folder) => isSame(folder, out));
  if (own !== undefined) {
    return refuse(`--out ${out} is one of the folders to be merged: name another folder`);
  }
  const [{ study: described, folder }] = found.sources;
  const read = openStudy(described, folder, version());
  if (!read.ok) return refuse(read.message);
  const { study, experiment } = read;
  return withLock(out, async () => {
    // A merge that was interrupted is gone on with.
    const goesOn = hasJournal(out);
    const opened = await openBatch(out, study, experiment, goesOn);
    if (!opened.ok) return refuse(opened.message);
    const { journal } = opened;
    const giveUp = async () => {
      await journal.close();
      if (!goesOn) removeJournal(out);
    };
    const problem = await mergeInto(journal, found.sources, experiment, tellDamage);
    if (problem !== undefined) {
      await giveUp();
      return refuse(problem);
    }
    const gaps = [...firstMissing(experiment, journal)];
    if (gaps.length > 0) {
      await giveUp();
      const missing = experiment.cells.length * experiment.replications - journal.index.size;
      complain(`${counted(missing, 'replication')} missing in all of these folders, such as`);
      for (const gap of gaps) complain(`  ${gap}`);
      complain('Run their shards again with --resume, then merge.');
      return FAILED;
    }
    return complete(out, { study, experiment, journal }, quiet ?? false);
  });
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

const GAPS_SHOWN = 10;

function* firstMissing(experiment: Experiment, journal: Journal): Generator<string> {
  let shown = 0;
  for (const [cell, replication] of missingReplications(experiment, WHOLE, journal)) {
    if (shown++ === GAPS_SHOWN) return;
    yield `${experiment.cells[cell].id}, replication ${replication}`;
  }
}
