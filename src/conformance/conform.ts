import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Difference, firstDifference } from './compare.ts';
import { parseFlushScenario } from './flush-parse.ts';
import { runFlushScenario } from './flush-scenario.ts';
import { parseSchedulerScenario } from './scenario.ts';
import { runSchedulerScenario } from './scheduler-scenario.ts';

/** What became of one scenario. */
export type Outcome =
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
export function conformOne(folder: string, name: string): Outcome {
  try {
    const run = readScenario(
      JSON.parse(readFileSync(join(folder, `${name}.scenario.json`), 'utf8')),
    );
    if (!run.ok) return { kind: 'failed', name, problem: run.problem };
    const expected = readTrace(folder, name);
    const difference = firstDifference(expected, run.records());
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

type Runnable = { ok: true; records: () => string[] } | { ok: false; problem: string };

/** A flush scenario has extents, a scheduler scenario a scheduler. */
function readScenario(json: unknown): Runnable {
  if (typeof json === 'object' && json !== null && 'extents' in json) {
    const parsed = parseFlushScenario(json);
    return parsed.ok ? { ok: true, records: () => runFlushScenario(parsed.scenario) } : parsed;
  }
  const parsed = parseSchedulerScenario(json);
  if (!parsed.ok) return parsed;
  return {
    ok: true,
    records: () => {
      const lines: string[] = [];
      runSchedulerScenario(parsed.scenario, (line) => lines.push(line));
      return lines;
    },
  };
}

function readTrace(folder: string, name: string): string[] {
  const plain = join(folder, `${name}.trace.jsonl`);
  const text = existsSync(plain)
    ? readFileSync(plain, 'utf8')
    : gunzipSync(readFileSync(`${plain}.gz`)).toString('utf8');
  return text.split('\n').filter((line) => line !== '');
}
