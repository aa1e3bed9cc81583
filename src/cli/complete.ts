import type { WorkerPool } from '../batch/pool.ts';
import type { LaneJob } from '../report/html/lanes.ts';
import { Reading } from '../report/reading.ts';
import { type Findings, type Finished, writeResults } from '../report/results-folder.ts';
import { DONE, FAILED } from './exit-codes.ts';
import { say } from './say.ts';
import { reportFailures, summaryLines } from './summary-lines.ts';
import { outputWidth } from './table-lines.ts';

export { Reading };

const LANES = new URL('../report/html/lanes.js', import.meta.url);

/**
 * Completes the results folder and tells about it.
 * @param pool - workers that help
 * @param reading - has read some of the journal already
 * @returns the exit code
 */
export async function complete(
  out: string,
  finished: Finished,
  quiet: boolean,
  pool?: WorkerPool,
  reading?: Reading,
): Promise<number> {
  const show = (findings: Findings) => {
    if (!quiet) say(summaryLines(finished.experiment, findings, out, outputWidth()).join('\n'));
    reportFailures(finished, findings.results);
  };
  const draw = (job: LaneJob) =>
    pool?.call<string[]>(LANES, 'drawLanes', job).catch(() => undefined);
  await writeResults(out, finished, show, draw, reading);
  return finished.journal.failed === 0 ? DONE : FAILED;
}
