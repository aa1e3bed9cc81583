import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Worst } from '../analysis/digest.ts';
import { quoted } from '../batch/cluster.ts';
import type { Cell, Experiment } from '../experiment/schema/schema.ts';
import { vcpuNames } from '../experiment/vcpu-names.ts';
import { causesOf } from '../measure/causes.ts';
import { kindNamed } from '../measure/latency-kinds.ts';
import { explain } from '../report/explanation.ts';
import { hashOf, readText } from '../results/disk.ts';
import { MANIFEST } from '../results/file-names.ts';
import { messageAbout, openStudy, readStudy } from '../results/read-study.ts';
import { DONE, refuse } from './exit-codes.ts';
import { say } from './say.ts';
import { version } from './version.ts';

/** Options of `preemptlab explain`, as typed. */
export interface ExplainOptions {
  readonly kind?: string;
  readonly cell?: string;
  readonly count: string;
}

const COUNT_MAX = 100;
const WORST = 'worst.csv';
/** More than the worst samples of all cells that a study can have [bytes]. */
const WORST_MAX = 1 << 28;

/** `preemptlab explain RESULTS`: the worst samples of each kind, and what they were made of. @returns the exit code */
export function explainCommand(folder: string, options: ExplainOptions): number {
  const described = readStudy(folder, MANIFEST);
  if (!described.ok) return refuse(described.message);
  const opened = openStudy(described.study, folder, version());
  if (!opened.ok) return refuse(opened.message);
  const { experiment } = opened;
  const count = Number(options.count);
  const mistakes = mistakesOf(experiment, options, count);
  if (mistakes.length > 0) return refuse(mistakes.join('\n'));
  const worst = readWorst(join(folder, WORST), described.files.get(WORST), experiment);
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
        say(explain(sample, experiment.seed, command).join('\n'));
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

/** The samples of worst.csv, or what is wrong with it. @param hash - of it, as the manifest has it */
function readWorst(
  path: string,
  hash: string | undefined,
  { cells, replications, jobs }: Experiment,
): Worst[] | string {
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const names = causesOf(jobs);
  try {
    const text = readText(path, WORST_MAX);
    if (hashOf([Buffer.from(text)]) !== hash) {
      return `${path}: it is not the file that ${MANIFEST} belongs to`;
    }
    const rows: Record<string, string>[] = parse(text, { columns: true });
    return rows.map((row, i) => {
      const cell = byId.get(row.cell);
      const kind = kindNamed(row.kind);
      const numbers = ['replication', 't_ns', 'pcpu', 'latency_ns', 'censored'].map((column) =>
        Number(row[column]),
      );
      const causes = names.map((cause) => Number(row[`${cause}_ns`]));
      const [replication, time, pcpu, latency, isCensored] = numbers;
      const vcpu = cell === undefined ? undefined : vcpuOf(row, cell);
      const isWhole = [...numbers, ...causes].every(Number.isSafeInteger);
      const isKnown = cell !== undefined && kind !== undefined && vcpu !== undefined;
      if (!isKnown || !isWhole || replication >= replications) {
        throw new Error(`line ${i + 2} is damaged`);
      }
      const where = { cell, replication, time, pcpu, vcpu };
      const sample: Worst = { ...where, kind, latency, causes, censored: isCensored === 1 };
      if (!isPossible(sample)) throw new Error(`line ${i + 2} is damaged: no sample can be so`);
      return sample;
    });
  } catch (error) {
    return messageAbout(path, error);
  }
}

/** The global number of the vCPU that a row is of, -1 of none; undefined: there is no such vCPU. */
function vcpuOf(row: Record<string, string>, cell: Cell): number | undefined {
  if (row.domain === '' && row.vcpu === '') return -1;
  const at = vcpuNames(cell.setup).findIndex(
    ({ domain, number }) => domain === row.domain && String(number) === row.vcpu,
  );
  return at < 0 ? undefined : at;
}

/** Whether its time lies in its run, and its causes sum to it; those of a slowdown are of something else. */
function isPossible({ cell, kind, replication, time, pcpu, latency, causes }: Worst): boolean {
  const { duration, machine } = cell.setup;
  const sum = causes.reduce((total, cause) => total + cause, 0);
  return (
    replication >= 0 &&
    // Waits are given as long again as the run to end.
    time <= 2 * duration &&
    (kind === 'slowdown' || (latency <= time && sum === latency)) &&
    Math.min(latency, ...causes) >= 0 &&
    pcpu >= 0 &&
    pcpu < machine.pcpus
  );
}
