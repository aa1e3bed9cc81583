import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Worst } from '../analysis/digest.ts';
import { quoted } from '../batch/cluster.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { CAUSES } from '../measure/causes.ts';
import { LATENCY_KINDS } from '../measure/latency-kinds.ts';
import { explain } from '../report/explanation.ts';
import { MANIFEST } from '../results/source.ts';
import { experimentOf, readStudy } from '../results/study.ts';
import { DONE, refuse } from './exit-codes.ts';
import { refuseExperiment } from './refuse-experiment.ts';

/** Options of `preemptlab explain`, as typed. */
export interface ExplainOptions {
  readonly kind?: string;
  readonly cell?: string;
  readonly count: string;
}

const COUNT_MAX = 100;

/** `preemptlab explain RESULTS`: the worst samples of each kind, and what they were made of. @returns the exit code */
export function explainCommand(folder: string, options: ExplainOptions): number {
  const described = readStudy(folder, MANIFEST);
  if (!described.ok) return refuse(described.message);
  const loaded = experimentOf(described.study);
  if (!loaded.ok) return refuseExperiment(folder, loaded.problems);
  const { experiment } = loaded;
  const count = Number(options.count);
  const mistakes = mistakesOf(experiment, options, count);
  if (mistakes.length > 0) return refuse(mistakes.join('\n'));
  const path = join(folder, 'worst.csv');
  const worst = readWorst(path, experiment);
  if (typeof worst === 'string') return refuse(worst);
  const { file, overrides } = described.study.experiment;
  const sets = overrides.map((set) => ` --set ${quoted(set)}`).join('');
  const command = `preemptlab trace ${quoted(file)}${sets}`;
  for (const kind of experiment.measure.latencies) {
    if (options.kind !== undefined && options.kind !== kind) continue;
    worst
      .filter((sample) => sample.kind === kind && sample.cell.id.includes(options.cell ?? ''))
      .sort((a, b) => b.latency - a.latency)
      .slice(0, count)
      .forEach((sample) => {
        console.log(explain(sample, experiment.seed, command).join('\n'));
      });
  }
  return DONE;
}

function mistakesOf({ measure, cells }: Experiment, options: ExplainOptions, count: number) {
  const mistakes: string[] = [];
  const { kind, cell } = options;
  if (kind !== undefined && !measure.latencies.some((known) => known === kind)) {
    mistakes.push(`--kind ${kind}: expected one of: ${measure.latencies.join(', ')}`);
  }
  if (cell !== undefined && !cells.some(({ id }) => id.includes(cell))) {
    mistakes.push(`--cell ${cell}: no cell's id contains this; one is ${cells[0]?.id}`);
  }
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX) {
    mistakes.push(`--count ${options.count}: expected 1 to ${COUNT_MAX}`);
  }
  return mistakes;
}

/** The samples of worst.csv, or what is wrong with it. */
function readWorst(path: string, { cells }: Experiment): Worst[] | string {
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  try {
    const rows: Record<string, string>[] = parse(readFileSync(path), { columns: true });
    return rows.map((row, i) => {
      const cell = byId.get(row.cell);
      const kind = LATENCY_KINDS.find((known) => known === row.kind);
      const numbers = ['replication', 't_ns', 'pcpu', 'vcpu', 'latency_ns', 'censored'].map((c) =>
        Number(row[c]),
      );
      const causes = CAUSES.map((cause) => Number(row[`${cause}_ns`]));
      const [replication, time, pcpu, vcpu, latency, isCensored] = numbers;
      const isWhole = [...numbers, ...causes].every(Number.isSafeInteger);
      if (cell === undefined || kind === undefined || !isWhole || latency > time) {
        throw new Error(`line ${i + 2} is damaged`);
      }
      return {
        cell,
        kind,
        replication,
        time,
        pcpu,
        vcpu,
        latency,
        censored: isCensored === 1,
        causes,
      };
    });
  } catch (error) {
    return `${path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
