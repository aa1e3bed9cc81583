import { openBatch } from '../batch/batch.ts';
import { WHOLE } from '../batch/shard.ts';
import { missingReplications } from '../batch/tasks.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { hasJournal, journalFolder, removeJournal } from '../results/journal.ts';
import { findSources, mergeInto } from '../results/merge.ts';
import { experimentOf } from '../results/study.ts';
import { complete } from './complete.ts';
import { FAILED, refuse } from './exit-codes.ts';
import { refuseExperiment } from './refuse-experiment.ts';
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
  const [{ study, folder }] = found.sources;
  const loaded = experimentOf(study);
  if (!loaded.ok) return refuseExperiment(folder, loaded.problems);
  const { experiment } = loaded;
  return withLock(out, async () => {
    if (hasJournal(out)) {
      return refuse(
        `${out}: there is unfinished work: delete ${journalFolder(out)}, or name another folder`,
      );
    }
    const opened = await openBatch(out, study, experiment, false);
    if (!opened.ok) return refuse(opened.message);
    const { journal } = opened;
    const giveUp = async () => {
      await journal.close();
      removeJournal(out);
    };
    const problem = await mergeInto(journal, found.sources, experiment);
    if (problem !== undefined) {
      await giveUp();
      return refuse(problem);
    }
    const gaps = [...firstMissing(experiment, journal)];
    if (gaps.length > 0) {
      await giveUp();
      const missing = experiment.cells.length * experiment.replications - journal.index.size;
      console.error(`${missing} replications are missing in all of these folders, such as`);
      for (const gap of gaps) console.error(`  ${gap}`);
      console.error('Run their shards again with --resume, then merge.');
      return FAILED;
    }
    return complete(out, { study, experiment, journal }, quiet ?? false);
  });
}

const GAPS_SHOWN = 10;

function* firstMissing(
  experiment: Experiment,
  journal: Parameters<typeof missingReplications>[2],
): Generator<string> {
  let shown = 0;
  for (const [cell, replication] of missingReplications(experiment, WHOLE, journal)) {
    if (shown++ === GAPS_SHOWN) return;
    yield `${experiment.cells[cell].id}, replication ${replication}`;
  }
}
