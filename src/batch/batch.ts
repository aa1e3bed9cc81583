import { join } from 'node:path';
import type { Experiment } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import { kindOf } from '../results/disk.ts';
import { MANIFEST, namesOf } from '../results/file-names.ts';
import { Journal } from '../results/journal.ts';
import {
  createJournal,
  hasJournal,
  journalFolder,
  removeJournal,
  STUDY_FILE,
  strangerInJournal,
  writeStudy,
} from '../results/journal-folder.ts';
import { strangersIn } from '../results/owned.ts';
import { readStudy } from '../results/read-study.ts';
import { copyRecords, findSource } from '../results/source.ts';
import { incompatibility, type Study } from '../results/study.ts';
import { type WorkerPool, WorkersError } from './pool.ts';
import type { Task, TaskQueue } from './tasks.ts';

/** A journal to go on with, or why there is none. */
export type OpenResult =
  | { readonly ok: true; readonly journal: Journal }
  | { readonly ok: false; readonly message: string };

/**
 * Opens the journal of a study in the results folder `out`. What stands in the way of its results is found before
 * anything is simulated.
 * @param resume - go on with what is there, unfinished or complete; else begin anew, which is refused if there is
 *   unfinished work
 */
export async function openBatch(
  out: string,
  study: Study,
  experiment: Experiment,
  resume: boolean,
): Promise<OpenResult> {
  const inTheWay = obstacle(out, experiment);
  if (inTheWay !== undefined) return refuse(inTheWay);
  if (hasJournal(out)) {
    const folder = journalFolder(out);
    if (!resume) {
      const hint = `go on with it by --resume, or delete ${folder}`;
      return refuse(`${out}: there is unfinished work: ${hint}`);
    }
    const found = readStudy(folder, STUDY_FILE);
    if (!found.ok) return refuse(found.message);
    const why = notExtendable(found.study, study);
    if (why !== undefined) return refuse(`${out}: its unfinished work was ${why}`);
    writeStudy(out, study);
    return { ok: true, journal: await Journal.open(out, study, experiment, true) };
  }
  if (resume && kindOf(join(out, MANIFEST)) !== undefined) {
    return reopen(out, study, experiment);
  }
  createJournal(out);
  writeStudy(out, study);
  return { ok: true, journal: await Journal.open(out, study, experiment, true) };
}

/** What stands in the way of the results of an experiment in `out`, for people; undefined if nothing does. */
export function obstacle(out: string, { measure }: Experiment): string | undefined {
  const stranger = strangerInJournal(out);
  const strangers = strangersIn(out, namesOf(measure.latencies, measure.samples));
  if (stranger !== undefined) {
    strangers.unshift(`${stranger}: move it away, or name another folder`);
  }
  return strangers.length > 0 ? strangers.join('\n') : undefined;
}

/** Makes a journal of complete results. */
async function reopen(out: string, study: Study, experiment: Experiment): Promise<OpenResult> {
  const found = findSource(out);
  if (!found.ok) return refuse(found.message);
  const why = notExtendable(found.source.study, study);
  if (why !== undefined) return refuse(`${out}: its results were ${why}`);
  createJournal(out);
  const journal = await Journal.open(out, study, experiment, true);
  const twice = (_: number, __: number, line: string) =>
    `${out}: it holds a replication twice: ${line.slice(0, 100)}`;
  const copied = await copyRecords(found.source, journal, experiment, twice);
  if (!copied.ok) {
    await journal.close();
    removeJournal(out);
    return refuse(copied.message);
  }
  await journal.sync();
  writeStudy(out, study);
  return { ok: true, journal };
}

function notExtendable(before: Study, now: Study): string | undefined {
  if (before.replications > now.replications) {
    return `made with ${counted(before.replications, 'replication')}, more than the ${now.replications} asked for`;
  }
  return incompatibility(before, now);
}

function refuse(message: string): OpenResult {
  return { ok: false, message };
}

/** A replication that could not be carried out, as its worker died; it may succeed another time. */
export interface FailedTask {
  readonly cell: string;
  readonly replication: number;
  readonly message: string;
}

/** How often a replication is tried whose worker dies. */
const ATTEMPTS = 3;

/**
 * Carries out all tasks and adds their replications to the journal as they finish, until `stop` is signalled.
 * @param finished - called with the number of replications that were added
 * @returns what could not be carried out
 * @throws if the journal cannot be written, or no worker can be started
 */
export async function runTasks(
  queue: TaskQueue,
  pool: WorkerPool,
  journal: Journal,
  stop: AbortSignal,
  finished: (replications: number) => void,
): Promise<FailedTask[]> {
  const failed: FailedTask[] = [];
  let broken = false;
  const stopped = () => stop.aborted || broken;
  const carryOut = async (task: Task, attempt: number): Promise<void> => {
    const { cell, head, replications } = task;
    const given = await pool.run(task).catch((error: unknown) => {
      if (error instanceof WorkersError) throw error;
      return String(error);
    });
    if (stopped()) return;
    if (typeof given !== 'string') {
      for (const { replication, line, samples, failed } of given.reports) {
        journal.append(cell, replication, line, samples, failed);
      }
      queue.took(replications.length, given.time);
      finished(replications.length);
    } else if (replications.length > 1) {
      // Which of them was it?
      for (const replication of replications) {
        await carryOut({ ...task, replications: [replication] }, 1);
        if (stopped()) return;
      }
    } else if (attempt < ATTEMPTS) await carryOut(task, attempt + 1);
    else failed.push({ cell: head[0], replication: replications[0], message: given });
  };
  const feed = async () => {
    for (let task = queue.next(); task !== undefined && !stopped(); task = queue.next()) {
      await carryOut(task, 1);
    }
  };
  // Two per worker, so that the next task waits when one is done.
  const feeds = Array.from({ length: 2 * pool.jobs }, () =>
    feed().catch((error: unknown) => {
      broken = true;
      throw error;
    }),
  );
  const ends = await Promise.allSettled(feeds);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return failed;
}
