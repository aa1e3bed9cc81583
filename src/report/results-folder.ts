import { setImmediate } from 'node:timers/promises';
import { answerText } from '../analysis/answer.ts';
import { causesTable } from '../analysis/cause-table.ts';
import { cautions } from '../analysis/cautions.ts';
import { type Comparison, compareAll } from '../analysis/comparison.ts';
import { comparisonTable } from '../analysis/comparison-table.ts';
import type { Digest } from '../analysis/digest.ts';
import { happenedSection } from '../analysis/happened.ts';
import { summaryTable } from '../analysis/summary.ts';
import { worstTable } from '../analysis/worst.ts';
import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { csvChunks } from '../results/csv.ts';
import { dataPackage } from '../results/data-package.ts';
import { temporaryPath, writeNew } from '../results/disk.ts';
import { FINISHED_SAMPLES, isFileName, MANIFEST } from '../results/file-names.ts';
import type { Journal } from '../results/journal.ts';
import { removeJournal } from '../results/journal-folder.ts';
import { placeResults } from '../results/owned.ts';
import { samplesHeader } from '../results/source.ts';
import type { Study } from '../results/study.ts';
import {
  replicationColumns,
  replicationTables,
  sampleColumns,
  type Table,
} from '../results/tables.ts';
import { commandOf, labCommandOf } from './commands.ts';
import { beginLanes, type DrawElsewhere } from './html/lane-jobs.ts';
import { type ReportSource, reportPage } from './html/page.ts';
import { latencyPlot } from './plots.ts';
import { Reading } from './reading.ts';

/** What the results are made from. */
export interface Finished {
  readonly study: Study;
  readonly experiment: Experiment;
  /** Has a record of every replication. */
  readonly journal: Journal;
}

/** What was found, for what is printed at the end. */
export interface Findings {
  /** What has to be known of them. */
  readonly cautions: readonly string[];
  readonly results: readonly CellResult[];
  readonly comparisons: readonly Comparison[];
}

/** A file of the results folder: its name, and its content in pieces. */
type ResultsFile = readonly [name: string, chunks: Iterable<string | Uint8Array>];

/**
 * Completes the results folder `out`: makes every file from experiment and journal, in the journal's folder; puts them in
 * their places when all are complete, the manifest last; then removes the journal, whose records are in the folder now.
 * The bytes depend on experiment, seed and version only.
 * @param show - called with what was found, before the journal is gone
 * @param drawElsewhere - draws while files are written here
 * @param reading - has read some of the journal already
 */
export async function writeResults(
  out: string,
  finished: Finished,
  show: (findings: Findings) => void,
  drawElsewhere?: DrawElsewhere,
  reading: Reading = new Reading(finished.experiment, finished.journal),
): Promise<void> {
  const { study, experiment, journal } = finished;
  const { results, digests, close, written } = reading.finish();
  const lanes = beginLanes(experiment, digests, drawElsewhere);
  const comparisons = compareAll(experiment, results);
  const hashes = new Map(written);
  const put = ([name, chunks]: ResultsFile) => {
    if (!isFileName(name)) throw new Error(`${name} is no name of a file of results`);
    hashes.set(name, writeNew(temporaryPath(journal.folder, name), chunks));
  };
  const others = [
    samplesFiles(experiment, journal),
    tableFiles(experiment, results, digests, comparisons),
    documentFiles({ study, experiment, results, digests, comparisons, lanes }),
  ];
  for (const files of others) {
    for await (const file of files) {
      put(file);
      // Those who draw get their next job.
      await setImmediate();
    }
  }
  const manifest = manifestOf(finished, results, Object.fromEntries(hashes));
  put([MANIFEST, [`${JSON.stringify(manifest, null, 2)}\n`]]);
  placeResults(out, hashes);
  show({ results, comparisons, cautions: cautions(digests) });
  close();
  await journal.close();
  removeJournal(out);
}

function* samplesFiles(experiment: Experiment, journal: Journal): Generator<ResultsFile> {
  if (experiment.measure.samples) yield [FINISHED_SAMPLES, sampleMembers(experiment, journal)];
}

/** Tables with rows of each cell, and what says what is in all tables. */
function* tableFiles(
  experiment: Experiment,
  results: readonly CellResult[],
  digests: readonly Digest[],
  comparisons: readonly Comparison[],
): Generator<ResultsFile> {
  const tables: readonly (readonly [file: string, table: Table])[] = [
    ['causes.csv', causesTable(experiment, digests)],
    ['worst.csv', worstTable(experiment, digests)],
    ['summary.csv', summaryTable(experiment, results)],
    ['comparison.csv', comparisonTable(experiment, comparisons)],
  ];
  for (const [file, { columns, rows }] of tables) yield [file, csvChunks(columns, rows)];
  const described = dataPackage(experiment, [
    ...replicationTables(experiment.jobs).map((table) => ({
      file: table.file,
      columns: replicationColumns(experiment, table),
    })),
    ...tables.map(([file, { columns }]) => ({ file, columns })),
    ...(experiment.measure.samples
      ? [{ file: FINISHED_SAMPLES, columns: sampleColumns(experiment) }]
      : []),
  ]);
  yield ['datapackage.json', [`${JSON.stringify(described, null, 2)}\n`]];
}

/** What is made from them for people. A new kind of output is another one here. */
async function* documentFiles(source: Omit<ReportSource, 'answer'>): AsyncGenerator<ResultsFile> {
  const { study, experiment, results, comparisons } = source;
  const { digests } = source;
  const answer = withCautions(
    withHappened(
      answerText(experiment, results, comparisons, commandOf(study), labCommandOf(study)),
      digests,
    ),
    cautions(digests),
  );
  yield ['answer.md', [answer]];
  yield ['report.html', [await reportPage({ ...source, answer })]];
  for (const kind of experiment.measure.latencies) {
    const plot = latencyPlot(experiment, results, kind);
    if (plot !== undefined) yield [`${kind}.svg`, [plot]];
  }
}

function withHappened(answer: string, digests: readonly Digest[]): string {
  const section = happenedSection(digests);
  return section.length === 0 ? answer : `${answer.trimEnd()}\n\n${section.join('\n')}\n`;
}

/** What has to be known stands below the answer, before nothing else. */
function withCautions(answer: string, told: readonly string[]): string {
  if (told.length === 0) return answer;
  return `${answer.trimEnd()}\n\n## To be known\n\n${told.map((text) => `- ${text}`).join('\n')}\n`;
}

function* sampleMembers(experiment: Experiment, journal: Journal): Generator<Uint8Array> {
  yield samplesHeader(experiment);
  for (const [cell, replication] of plan(experiment)) yield* journal.samplesOf(cell, replication);
}

function* plan({
  cells,
  replications,
}: Experiment): Generator<[cell: number, replication: number]> {
  for (let cell = 0; cell < cells.length; cell++) {
    for (let replication = 0; replication < replications; replication++) yield [cell, replication];
  }
}

/** Failed replications that the manifest names, and how much of what they say. The records have all of it. */
const FAILURES_MAX = 1000;
const FAILURE_MAX = 1000;

function manifestOf(
  { study, experiment, journal }: Finished,
  results: readonly CellResult[],
  files: Readonly<Record<string, string>>,
) {
  const { experiment: source, ...rest } = study;
  const failures: { cell: string; replication: number; message: string }[] = [];
  for (const { cell, outcomes } of journal.failed > 0 ? results : []) {
    for (const outcome of outcomes) {
      if (outcome.ok || failures.length === FAILURES_MAX) continue;
      const message = outcome.message.slice(0, FAILURE_MAX);
      failures.push({ cell: cell.id, replication: outcome.replication, message });
    }
  }
  return {
    ...rest,
    cells: experiment.cells.map((cell) => cell.id),
    failures,
    files,
    experiment: source,
  };
}
