import { basename, extname, join } from 'node:path';
import { type Duration, MS } from '../engine/time.ts';
import { loadExperiment } from '../experiment/plan/load.ts';
import { replicate } from '../experiment/replication.ts';
import type { Cell } from '../experiment/schema/schema.ts';
import { formatProblems, printable } from '../input/problems.ts';
import { formatDuration } from '../input/units.ts';
import { causesOf } from '../measure/causes.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import { strangersAmong, writeOutput } from '../results/output-files.ts';
import { writeChrome } from '../traces/chrome.ts';
import { domainIds } from '../traces/domain-ids.ts';
import { latencySlices } from '../traces/latency-slices.ts';
import { writePerfetto } from '../traces/perfetto.ts';
import { LogFullError } from '../traces/run-log.ts';
import { recordTimeline, type Timeline } from '../traces/timeline.ts';
import { writeXentrace, xentraceLimits } from '../traces/xentrace.ts';
import { chooseCell } from './choose-cell.ts';
import { DONE, FAILED, refuse, WRONG_INPUT } from './exit-codes.ts';
import { complain, say } from './say.ts';
import { version } from './version.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab trace`, as typed. */
export interface TraceOptions {
  readonly cell?: string;
  readonly replication: string;
  readonly out?: string;
  readonly format: string;
  readonly set: readonly string[];
}

const FORMATS = ['perfetto', 'chrome', 'xentrace'] as const;
type Format = (typeof FORMATS)[number];

const FILES: Readonly<Record<Format, string>> = {
  perfetto: 'timeline.perfetto-trace',
  chrome: 'timeline.json',
  xentrace: 'timeline.xen',
};

/** Kinds that a timeline shows even where the experiment does not measure them, with those of long work: locks, faults, servers' jobs. */
const SHOWN_ANYWAY: readonly LatencyKind[] = ['lock_hold', 'lock_wait', 'touch', 'mmio', 'sojourn'];

/** `preemptlab trace EXPERIMENT`. @returns the exit code */
export async function traceCommand(file: string, options: TraceOptions): Promise<number> {
  const mistakes: string[] = [];
  const formats = readFormats(options.format, mistakes);
  const loaded = loadExperiment(file, options.set);
  if (!loaded.ok) mistakes.unshift(formatProblems(loaded.problems));
  const { cells, seed, replications } = loaded.ok
    ? loaded.experiment
    : { cells: [], seed: 0, replications: undefined };
  const replication = readReplication(options.replication, replications, mistakes);
  const cell = loaded.ok ? readCell(cells, options.cell, formats, mistakes) : undefined;
  const out = options.out ?? join('results', `${basename(file, extname(file))}-timeline`);
  if (mistakes.length > 0 || cell === undefined) return refuse(mistakes.join('\n'));
  return withLock(out, async () => {
    const names = formats.map((format) => FILES[format]);
    const strangers = strangersAmong(out, names);
    if (strangers.length > 0) return refuse(strangers.join('\n'));
    const recorded = record(cell, seed, replication);
    if (typeof recorded === 'number') return recorded;
    const timeline = { ...recorded, about: aboutRun(file, cell.id, seed, replication) };
    say(
      `${cell.id}, replication ${replication}: ` +
        `${formatDuration(timeline.duration)}, ${timeline.log.length} events`,
    );
    for (const format of formats) writeFormat(timeline, format, out);
    return DONE;
  });
}

/** What a timeline is of; the file by its name alone, wherever it is. */
function aboutRun(
  file: string,
  cell: string,
  seed: number,
  replication: number,
): NonNullable<Timeline['about']> {
  return [
    ['experiment', basename(file)],
    ['cell', cell],
    ['seed', String(seed)],
    ['replication', String(replication)],
    ['preemptlab', version()],
  ];
}

function readFormats(text: string, mistakes: string[]): readonly Format[] {
  if (text === 'all') return FORMATS;
  const format = FORMATS.find((name) => name === text);
  if (format !== undefined) return [format];
  mistakes.push(`--format ${printable(text)}: expected one of: ${FORMATS.join(', ')}, all`);
  return [];
}

function readReplication(text: string, count: number | undefined, mistakes: string[]): number {
  const replication = Number(text);
  const isIndex = /^\d+$/.test(text) && Number.isSafeInteger(replication);
  if (isIndex && (count === undefined || replication < count)) return replication;
  const allowed = count === undefined ? 'a whole number from 0' : `0 to ${count - 1}`;
  mistakes.push(`--replication ${printable(text)}: expected ${allowed}`);
  return 0;
}

function readCell(
  cells: readonly Cell[],
  text: string | undefined,
  formats: readonly Format[],
  mistakes: string[],
): Cell | undefined {
  const cell = chooseCell(cells, text);
  if (typeof cell === 'string') {
    mistakes.push(cell);
    return undefined;
  }
  if (formats.includes('xentrace')) {
    const { machine, domains } = cell.setup;
    const last = domains.map(({ vcpus }) => ({
      number: vcpus.reduce((sum, { count }) => sum + count, -1),
    }));
    mistakes.push(...xentraceLimits(machine.pcpus, last));
  }
  return cell;
}

/** @returns the timeline, or the exit code if there is none */
function record({ id, setup }: Cell, seed: number, replication: number): Timeline | number {
  try {
    // As far as its run goes, so that the waits are whole which it reports.
    const { latencies } = setup.measure;
    const measured = (kinds: readonly LatencyKind[]) => {
      const measure = { ...setup.measure, latencies: [...kinds], samples: true };
      return replicate({ ...setup, measure }, seed, replication);
    };
    const { ranOn, samples } = measured(latencies);
    const jobs = (setup.jobs ?? []).map(({ name }) => name);
    const ofJobs = jobs.map((name): LatencyKind => `job_${name}`);
    const others = [...SHOWN_ANYWAY, ...ofJobs].filter((kind) => !latencies.includes(kind));
    const shown = [...samples, ...(others.length > 0 ? measured(others).samples : [])];
    const timeline = recordTimeline(setup, seed, replication, setup.duration + ranOn);
    return { ...timeline, latencies: latencySlices(shown, causesOf(jobs)) };
  } catch (error) {
    if (error instanceof LogFullError) {
      complain(`${id}, replication ${replication}: ${error.message}.`);
      complain(
        'A timeline cannot hold so many: shorten the run, ' +
          `such as with --set duration=${formatDuration(shorter(error.time - 0))} ` +
          '--set measure.warm_up=0ns',
      );
      return WRONG_INPUT;
    }
    const message = error instanceof Error ? error.message : String(error);
    complain(`FAILED ${id}, replication ${replication}: ${message}`);
    return FAILED;
  }
}

/** A duration of a run of which half the events of one of `duration` can be expected, in whole ms if it has any. */
function shorter(duration: Duration): Duration {
  const half = Math.ceil(duration / 2);
  return half > MS ? half - (half % MS) : Math.max(1, half);
}

function writeFormat(timeline: Timeline, format: Format, out: string): void {
  const write = (pieces: Iterable<Uint8Array>, viewer: string) => {
    writeOutput(out, FILES[format], pieces);
    say(`${join(out, FILES[format])}   (${viewer})`);
  };
  switch (format) {
    case 'perfetto':
      return write(writePerfetto(timeline), 'ui.perfetto.dev');
    case 'chrome':
      return write(writeChrome(timeline), 'ui.perfetto.dev, or another viewer of trace events');
    case 'xentrace': {
      const { hz, pieces } = writeXentrace(timeline);
      const ids = domainIds(timeline.domains).map((id, i) => `d${id} = ${timeline.domains[i]}`);
      say(`domains in xenalyze: ${ids.join(', ')}`);
      return write(pieces, `xenalyze --cpu-hz ${hz / 1e9}G`);
    }
  }
}
