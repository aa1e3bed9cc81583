import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { csvText } from '../experiment/csv.ts';
import type { Experiment } from '../experiment/schema.ts';
import { countersTable, latencyTable, samplesTable, type Table } from '../experiment/tables.ts';
import type { CellResult } from '../experiment/tasks.ts';
import { answerText } from './answer.ts';
import { type Comparison, comparisonTable } from './comparison.ts';
import { latencyPlot } from './plots.ts';
import { summaryTable } from './summary.ts';

/** What writing the results needs besides them. */
export interface ResultsContext {
  /** Version of this program. */
  readonly version: string;
  /** The command that reruns the experiment, for answer.md. */
  readonly command: string;
}

/**
 * Makes sure that results can be written to `folder` before anything is simulated.
 * @returns why they cannot, undefined if they can
 */
export function whyUnwritable(folder: string): string | undefined {
  const probe = join(folder, '.writable');
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Writes the results folder: each file under a temporary name, renamed when it is complete, the manifest last.
 * The bytes depend on experiment, seed and versions only.
 */
export function writeResults(
  folder: string,
  experiment: Experiment,
  results: readonly CellResult[],
  comparisons: readonly Comparison[],
  context: ResultsContext,
): void {
  const files = new Map<string, string | Buffer>();
  const csv = ({ columns, rows }: Table) => csvText(columns, rows);
  files.set('latency.csv', csv(latencyTable(experiment, results)));
  files.set('counters.csv', csv(countersTable(experiment, results)));
  files.set('summary.csv', csv(summaryTable(experiment, results)));
  files.set('comparison.csv', csv(comparisonTable(comparisons)));
  files.set('answer.md', answerText(experiment, comparisons, context.command));
  if (experiment.measure.samples) {
    files.set('samples.csv.gz', gzip(csv(samplesTable(experiment, results))));
  }
  for (const kind of experiment.measure.latencies) {
    const plot = latencyPlot(experiment, results, kind);
    if (plot !== undefined) files.set(`${kind}.svg`, plot);
  }
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) writeWhole(join(folder, name), content);
  const manifest = manifestOf(experiment, results, files, context.version);
  writeWhole(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Writes a file so that it is there whole or not at all. */
function writeWhole(path: string, content: string | Buffer): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** Compressed, with the header's operating system field set to "unknown" so that it tells no machine. */
function gzip(text: string): Buffer {
  const compressed = gzipSync(text);
  compressed[9] = 255;
  return compressed;
}

function manifestOf(
  experiment: Experiment,
  results: readonly CellResult[],
  files: ReadonlyMap<string, string | Buffer>,
  version: string,
) {
  const failures = results.flatMap(({ cell, outcomes }) =>
    outcomes.flatMap((outcome) =>
      outcome.ok
        ? []
        : [{ cell: cell.id, replication: outcome.replication, message: outcome.message }],
    ),
  );
  return {
    preemptlab: version,
    node: process.versions.node,
    v8: process.versions.v8,
    seed: experiment.seed,
    replications: experiment.replications,
    cells: experiment.cells.map((cell) => cell.id),
    failures,
    files: Object.fromEntries([...files].map(([name, content]) => [name, sha256(content)])),
    experiment: { sha256: sha256(experiment.text), text: experiment.text },
  };
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
