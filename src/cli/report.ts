import { obstacle, openBatch } from '../batch/batch.ts';
import { WHOLE } from '../batch/shard.ts';
import { missingReplications } from '../batch/tasks.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import { Journal } from '../results/journal.ts';
import { removeJournal } from '../results/journal-folder.ts';
import { openStudy } from '../results/read-study.ts';
import { findSource } from '../results/source.ts';
import type { Study } from '../results/study.ts';
import { complete } from './complete.ts';
import { FAILED, refuse } from './exit-codes.ts';
import { complain } from './say.ts';
import { tellDamage } from './tell-damage.ts';
import { version } from './version.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab report`. */
export interface ReportOptions {
  readonly quiet?: boolean;
}

/** `preemptlab report RESULTS`: makes all files again from the replications. @returns the exit code */
export async function reportCommand(folder: string, { quiet }: ReportOptions): Promise<number> {
  const found = findSource(folder);
  if (!found.ok) return refuse(found.message);
  const opened = openStudy(found.source.study, folder, version());
  if (!opened.ok) return refuse(opened.message);
  const { study, experiment } = opened;
  const report = found.source.finished ? reportFinished : reportJournal;
  return withLock(folder, () => report(folder, study, experiment, quiet ?? false));
}

/** Unfinished work that has all replications is completed; else not a byte of it is changed. */
async function reportJournal(
  folder: string,
  study: Study,
  experiment: Experiment,
  quiet: boolean,
): Promise<number> {
  const inTheWay = obstacle(folder, experiment);
  if (inTheWay !== undefined) return refuse(inTheWay);
  const journal = await Journal.open(folder, study, experiment, false);
  tellDamage(folder, journal.damaged);
  if (isComplete(experiment, journal)) {
    return complete(folder, { study, experiment, journal }, quiet);
  }
  await journal.close();
  complain(`${folder}: ${doneOf(experiment, journal)}; preemptlab run --resume goes on`);
  return FAILED;
}

async function reportFinished(
  folder: string,
  study: Study,
  experiment: Experiment,
  quiet: boolean,
): Promise<number> {
  const opened = await openBatch(folder, study, experiment, true);
  if (!opened.ok) return refuse(opened.message);
  const { journal } = opened;
  if (isComplete(experiment, journal)) {
    return complete(folder, { study, experiment, journal }, quiet);
  }
  await journal.close();
  removeJournal(folder);
  complain(`${folder}: ${doneOf(experiment, journal)}; the others are lost`);
  return FAILED;
}

function isComplete(experiment: Experiment, journal: Journal): boolean {
  for (const _ of missingReplications(experiment, WHOLE, journal)) return false;
  return true;
}

function doneOf({ cells, replications }: Experiment, { index }: Journal): string {
  return `${index.size} of ${counted(cells.length * replications, 'replication')} done`;
}
