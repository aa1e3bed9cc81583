import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openBatch } from '../../src/batch/batch.ts';
import { WHOLE } from '../../src/batch/shard.ts';
import { type Task, TaskQueue } from '../../src/batch/tasks.ts';
import { version } from '../../src/cli/version.ts';
import { Reading } from '../../src/report/reading.ts';
import type { Journal } from '../../src/results/journal.ts';
import { describeStudy } from '../../src/results/study.ts';
import { withFault } from '../batch/faults.ts';
import { experimentFrom, HERE, SMALL, studyFile } from '../batch/fixtures.ts';
import { temporaryFolder } from '../cli/cli.ts';

const experiment = experimentFrom(studyFile(SMALL));

async function newJournal(): Promise<Journal> {
  const study = describeStudy(experiment, undefined, version());
  const opened = await openBatch(temporaryFolder(), study, experiment, false);
  if (!opened.ok) throw new Error(opened.message);
  return opened.journal;
}

/** The replications of the study, one by one, in the order of the plan. */
function tasks(journal: Journal): Task[] {
  const queue = new TaskQueue(experiment, WHOLE, journal);
  const whole: Task[] = [];
  for (let task = queue.next(); task !== undefined; task = queue.next()) whole.push(task);
  return whole.flatMap((task) =>
    task.replications.map((replication) => ({ ...task, replications: [replication] })),
  );
}

async function carryOut(journal: Journal, task: Task): Promise<void> {
  const { reports } = await HERE.run(task);
  for (const { replication, line, samples, failed } of reports)
    journal.append(task.cell, replication, line, samples, failed);
}

const textsIn = ({ folder }: Journal) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.csv.tmp'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

it('reads a cell when all its replications are there, whatever comes first, and at the end what a single pass reads', async () => {
  const [ahead, after] = [await newJournal(), await newJournal()];
  const [early, late] = [new Reading(experiment, ahead), new Reading(experiment, after)];
  const read = () => Reflect.get(Reflect.get(early, 'reader'), 'cells').length;
  const inTurn = tasks(ahead);
  const second = inTurn.filter(({ cell }) => cell === 1);
  const first = inTurn.filter(({ cell }) => cell === 0);
  const seen: number[] = [];
  for (const task of [...second, ...first]) {
    await carryOut(ahead, task);
    early.readAhead();
    seen.push(read());
  }
  // The second cell is complete, but its turn is behind the first.
  expect(seen).toEqual([0, 0, 0, 0, 0, 1]);
  for (const task of inTurn) await carryOut(after, task);
  const [one, other] = [early.finish(), late.finish()];
  expect(one.digests).toEqual(other.digests);
  expect(one.results.map(({ statistic }) => statistic('flush', 'mean'))).toEqual(
    other.results.map(({ statistic }) => statistic('flush', 'mean')),
  );
  expect(one.written).toEqual(other.written);
  expect(Object.keys(textsIn(ahead))).toContain('latency.csv.tmp');
  expect(textsIn(ahead)).toEqual(textsIn(after));
  for (const { close } of [one, other]) close();
  await ahead.close();
  await after.close();
});

it('that fails while others are simulated is given up by who began it, once', async () => {
  const journal = await newJournal();
  for (const task of tasks(journal)) await carryOut(journal, task);
  const reading = new Reading(experiment, journal);
  const { name, error } = await withFault(
    0,
    'ENOSPC',
    async () => {
      reading.readAhead();
    },
    ['writeSync'],
  );
  expect(name).toBe('writeSync');
  expect(error).toMatchObject({ code: 'ENOSPC' });
  expect(() => reading.abandon()).not.toThrow();
  await journal.close();
});
