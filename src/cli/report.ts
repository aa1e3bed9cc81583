import { openBatch } from '../batch/batch.ts';
import { hasJournal } from '../results/journal.ts';
import { findSource } from '../results/source.ts';
import { experimentOf } from '../results/study.ts';
import { complete } from './complete.ts';
import { FAILED, refuse } from './exit-codes.ts';
import { refuseExperiment } from './refuse-experiment.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab report`. */
export interface ReportOptions {
  readonly quiet?: boolean;
}

/** `preemptlab report RESULTS`: makes all files again from the replications. @returns the exit code */
export async function reportCommand(folder: string, { quiet }: ReportOptions): Promise<number> {
  const found = findSource(folder);
  if (!found.ok) return refuse(found.message);
  const { study } = found.source;
  const loaded = experimentOf(study);
  if (!loaded.ok) return refuseExperiment(folder, loaded.problems);
  const { experiment } = loaded;
  return withLock(folder, async () => {
    const unfinished = hasJournal(folder);
    const opened = await openBatch(folder, study, experiment, true);
    if (!opened.ok) return refuse(opened.message);
    const { journal } = opened;
    const total = experiment.cells.length * experiment.replications;
    if (journal.index.size < total) {
      await journal.close();
      const what = `${journal.index.size} of ${total} replications are done`;
      const hint = unfinished ? 'preemptlab run --resume goes on' : 'the others are lost';
      console.error(`${folder}: ${what}; ${hint}`);
      return FAILED;
    }
    return complete(folder, { study, experiment, journal }, quiet ?? false);
  });
}
