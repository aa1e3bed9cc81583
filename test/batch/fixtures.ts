import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openBatch, runTasks } from '../../src/batch/batch.ts';
import type { WorkerPool } from '../../src/batch/pool.ts';
import { type Shard, WHOLE } from '../../src/batch/shard.ts';
import { TaskQueue } from '../../src/batch/tasks.ts';
import runTask, { type TaskReport } from '../../src/batch/worker.ts';
import { version } from '../../src/cli/version.ts';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { Reading } from '../../src/report/reading.ts';
import { writeResults } from '../../src/report/results-folder.ts';
import { decodeRecord } from '../../src/results/decode-record.ts';
import { acquireLock } from '../../src/results/lock.ts';
import { readStudy } from '../../src/results/read-study.ts';
import { describeStudy, recordKey, type Study } from '../../src/results/study.ts';
import { temporaryFolder } from '../cli/cli.ts';

/** What studies of the batch machinery have in common: a guest that flushes, one that is woken, two policies. */
export const TWO_GUESTS = `machine: {scheduler: {name: credit, ratelimit: 0}}
domains:
  flusher: {memory: {ram: 4MiB}, vcpus: [{guest: {name: set-way-flusher, period: 1ms}}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 300us}}]}
policies:
  upstream: {before: true, during: {threshold: 512}}
  never: {before: false, during: never}`;

/** A study of two cells that takes no time. */
export const SMALL = `
question: Does it matter?
seed: 7
replications: 3
duration: 6ms
${TWO_GUESTS}
measure: {latencies: [flush], samples: true}
`;

/** Writes an experiment file into a new folder. */
export function studyFile(text = SMALL): string {
  const file = join(temporaryFolder(), 'study.yaml');
  writeFileSync(file, text);
  return file;
}

/** The experiment of such a file. */
export function experimentFrom(file: string, replications?: number): Experiment {
  const set = replications === undefined ? [] : [`replications=${replications}`];
  const loaded = loadExperiment(file, set);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.experiment;
}

/** Carries out tasks in this thread, with the code that workers run. */
export const HERE: WorkerPool = {
  jobs: 1,
  run: async (task) => {
    const report = runTask(task);
    // What would be handed over is wrapped; it is under its symbol then.
    const value = Object.getOwnPropertySymbols(report).find((s) =>
      s.description?.includes('value'),
    );
    return (value === undefined ? report : Reflect.get(report, value)) as TaskReport;
  },
  call: () => Promise.reject(new Error('there is no other thread')),
  close: async () => {},
};

/** How to run a study. */
export interface How {
  readonly resume?: boolean;
  readonly replications?: number;
  readonly shard?: Shard;
  readonly pool?: WorkerPool;
  /** Stops, as Ctrl-C would, when so many replications are done. */
  readonly stopAfter?: number;
}

/** What `preemptlab run` does, in this process. @returns how many replications were carried out */
export async function runHere(file: string, out: string, how: How = {}): Promise<number> {
  const acquired = acquireLock(out);
  if (!acquired.ok) throw new Error(acquired.holder);
  try {
    const experiment = experimentFrom(file, how.replications);
    const study = describeStudy(experiment, undefined, version());
    const opened = await openBatch(out, study, experiment, how.resume ?? false);
    if (!opened.ok) throw new Error(opened.message);
    const { journal } = opened;
    const shard = how.shard ?? WHOLE;
    const queue = new TaskQueue(experiment, shard, journal);
    const stop = new AbortController();
    let done = 0;
    let reading: Reading | undefined;
    try {
      const failed = await runTasks(queue, how.pool ?? HERE, journal, stop.signal, (count) => {
        done += count;
        if (shard === WHOLE) reading ??= new Reading(experiment, journal);
        reading?.readAhead();
        if (how.stopAfter !== undefined && done >= how.stopAfter) stop.abort();
      });
      if (shard !== WHOLE || stop.signal.aborted || failed.length > 0) {
        reading?.abandon();
        await journal.close();
      } else {
        const finished = { study, experiment, journal };
        const handedOver = reading;
        // What fails from here on is given up there.
        reading = undefined;
        await writeResults(out, finished, () => {}, undefined, handedOver);
      }
    } catch (error) {
      reading?.abandon();
      await journal.close().catch(() => {});
      throw error;
    }
    return done;
  } finally {
    acquired.lock.release();
  }
}

/** Runs until `count` replications are done, as if Ctrl-C came then. */
export async function interrupted(file: string, out: string, count: number): Promise<void> {
  const pool: WorkerPool = {
    ...HERE,
    run: (task) => HERE.run({ ...task, replications: task.replications.slice(0, 1) }),
  };
  await runHere(file, out, { pool, stopAfter: count });
}

/** Name and hash of each file in a folder, or of some of them. */
export function contents(
  folder: string,
  which: (name: string) => boolean = () => true,
): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .filter(which)
      .sort()
      .map((name) => {
        const hash = createHash('sha256').update(readFileSync(join(folder, name)));
        return [name, hash.digest('hex')];
      }),
  );
}

/** What the records of a folder's study are bound to. */
export function keyOf(folder: string, name = 'manifest.json'): string {
  return recordKey(studyIn(folder, name));
}

/** What a file in a folder says of the study. */
export function studyIn(folder: string, name: string): Study {
  const described = readStudy(folder, name);
  if (!described.ok) throw new Error(described.message);
  return described.study;
}

/** The replications in complete results, as `cell replication`. */
export function recorded(folder: string): string[] {
  const key = keyOf(folder);
  const text = gunzipSync(readFileSync(join(folder, 'records.jsonl.gz'))).toString();
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const record = decodeRecord(line, key);
    if (record === undefined) throw new Error(`damaged: ${line}`);
    return `${record.cell} ${record.outcome.replication}`;
  });
}
