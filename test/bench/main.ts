import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { parseSchedulerScenario, type SchedulerScenario } from '../../src/conformance/scenario.ts';
import {
  buildMachine,
  runSchedulerScenario,
  scenarioScheduler,
} from '../../src/conformance/scheduler-scenario.ts';
import { SECOND } from '../../src/engine/time.ts';
import { Probe } from '../../src/hypervisor/probe.ts';

/*
 * How fast schedulers decide: a recorded scenario with 8 pCPUs and 40 vCPUs, hogs and such that run and block,
 * 100 s of simulated time; without a trace, and with the full one, as JSON, on its way to nowhere.
 *
 *     npm run bench            a table
 *     npm run bench -- --json  one JSON object, in millions of decisions per second
 */

const SCHEDULERS = ['credit', 'credit2', 'rtds'] as const;
/** The fastest of this many runs counts, after one to warm up: what else runs on the machine only slows down. */
const RUNS = 5;
const TRACE_CHUNK = 1 << 16;

class Counter extends Probe {
  decisions = 0;

  override scheduled(): void {
    this.decisions++;
  }
}

function scenarioOf(scheduler: string): SchedulerScenario {
  const file = `test/conformance/sched/${scheduler}-F7-o01.scenario.json`;
  const parsed = parseSchedulerScenario(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.problem}`);
  return { ...parsed.scenario, duration: 100 * SECOND };
}

/** @returns the number of decisions */
function runUntraced(scenario: SchedulerScenario): number {
  const counter = new Counter();
  buildMachine(scenario, scenarioScheduler(scenario), counter).run(scenario.duration);
  return counter.decisions;
}

function runTraced(scenario: SchedulerScenario): void {
  const sink = openSync(devNull, 'w');
  let chunk = '';
  runSchedulerScenario(scenario, (line) => {
    chunk += `${line}\n`;
    if (chunk.length < TRACE_CHUNK) return;
    writeSync(sink, chunk);
    chunk = '';
  });
  writeSync(sink, chunk);
  closeSync(sink);
}

/** How often `work` can be done in a second. */
function rate(work: () => void): number {
  work();
  const times = Array.from({ length: RUNS }, () => {
    const start = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - start) / SECOND;
  });
  return 1 / Math.min(...times);
}

const decisions: Record<string, number> = {};
const decisions_traced: Record<string, number> = {};
const round = (value: number) => Math.round(value * 1000) / 1000;
for (const scheduler of SCHEDULERS) {
  const scenario = scenarioOf(scheduler);
  const millions = runUntraced(scenario) / 1e6;
  decisions[scheduler] = round(millions * rate(() => runUntraced(scenario)));
  decisions_traced[scheduler] = round(millions * rate(() => runTraced(scenario)));
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ decisions, decisions_traced }));
} else {
  console.log('million decisions per second   without trace   with the full trace');
  for (const scheduler of SCHEDULERS) {
    const [plain, traced] = [decisions[scheduler], decisions_traced[scheduler]];
    console.log(
      `${scheduler.padEnd(28)}${plain.toFixed(2).padStart(16)}${traced.toFixed(2).padStart(22)}`,
    );
  }
}
