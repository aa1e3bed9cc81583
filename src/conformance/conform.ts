import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Difference, firstDifference } from './compare.ts';
import { parseFlushScenario } from './flush-parse.ts';
import { runFlushScenario } from './flush-scenario.ts';
import { parseJobScenario, runJobScenario } from './job-scenario.ts';
import { parseSchedulerScenario } from './scenario.ts';
import { runSchedulerScenario } from './scheduler-scenario.ts';

/** What became of one scenario. */
export type ConformOutcome =
  | { readonly kind: 'agree'; readonly name: string; readonly records: number }
  | { readonly kind: 'differ'; readonly name: string; readonly difference: Difference }
  | { readonly kind: 'failed'; readonly name: string; readonly problem: string };

/** The names (without ending) of all scenarios in a folder, sorted. */
export function scenarioNames(folder: string): string[] {
  const ending = '.scenario.json';
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => basename(file, ending))
    .sort();
}

/** Runs the scenario `name` of `folder` on the simulator and compares with its recorded trace. */
export function conformOne(folder: string, name: string): ConformOutcome {
  try {
    const text = readText(join(folder, `${name}.scenario.json`), SCENARIO_MAX);
    const run = readScenario(JSON.parse(text));
    if (!run.ok) return { kind: 'failed', name, problem: run.problem };
    const expected = readTrace(folder, name);
    const difference = firstDifference(expected, run.records(expected.length + RECORDS_BEYOND));
    return difference === undefined
      ? { kind: 'agree', name, records: expected.length }
      : { kind: 'differ', name, difference };
  } catch (error) {
    return {
      kind: 'failed',
      name,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Records beyond those that were recorded which are made and shown; then they differ anyway. */
const RECORDS_BEYOND = 20;
/** Ends a run that has made enough records. */
const ENOUGH = new Error('enough records');

type Runnable = { ok: true; records: (most: number) => string[] } | { ok: false; problem: string };

/** A flush scenario has extents, one of a job has that, a scheduler scenario a scheduler. */
function readScenario(json: unknown): Runnable {
  if (typeof json === 'object' && json !== null && 'extents' in json) {
    const parsed = parseFlushScenario(json);
    return parsed.ok ? { ok: true, records: () => runFlushScenario(parsed.scenario) } : parsed;
  }
  if (typeof json === 'object' && json !== null && 'job' in json) {
    const parsed = parseJobScenario(json);
    return parsed.ok ? { ok: true, records: () => runJobScenario(parsed.scenario) } : parsed;
  }
  const parsed = parseSchedulerScenario(json);
  if (!parsed.ok) return parsed;
  return {
    ok: true,
    records: (most) => {
      const lines: string[] = [];
      const write = (line: string) => {
        if (lines.length === most) throw ENOUGH;
        lines.push(line);
      };
      try {
        runSchedulerScenario(parsed.scenario, write);
      } catch (error) {
        if (error !== ENOUGH) throw error;
      }
      return lines;
    },
  };
}

/** Largest files that are read: scenarios nine times as large as any recorded, traces forty times [bytes]. */
const SCENARIO_MAX = 2 ** 19;
const TRACE_MAX = 2 ** 26;

function readTrace(folder: string, name: string): string[] {
  const plain = join(folder, `${name}.trace.jsonl`);
  const text = readText(existsSync(plain) ? plain : `${plain}.gz`, TRACE_MAX);
  return text.split('\n').filter((line) => line !== '');
}

/** The text of a file that may be compressed. @throws Error if it cannot be read, or has more than `most` bytes */
function readText(path: string, most: number): string {
  const stats = statSync(path);
  if (!stats.isFile()) throw new Error(`${path}: it is no file`);
  if (stats.size > most) throw new Error(`${path}: it has more than ${most} bytes`);
  const bytes = readFileSync(path);
  if (!path.endsWith('.gz')) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: most }).toString('utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${path}: it cannot be unpacked: ${why}`);
  }
}
