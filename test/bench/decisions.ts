import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { parseSchedulerScenario, type SchedulerScenario } from '../../src/conformance/scenario.ts';
import {
  buildScenarioMachine,
  runSchedulerScenario,
  scenarioScheduler,
} from '../../src/conformance/scheduler-scenario.ts';
import { SECOND } from '../../src/engine/time.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import { type Effort, fastest, timed } from './measure.ts';

const TRACE_CHUNK = 1 << 16;

class Counter extends Probe {
  decisions = 0;

  override scheduled(): void {
    this.decisions++;
  }
}

/**
 * A recorded scenario with 8 pCPUs and 40 vCPUs, hogs and such that run and block, 100 s of simulated time.
 * @returns millions of scheduling decisions per second
 */
export function decisions(scheduler: string, effort: Effort): number {
  const scenario = scenarioOf(scheduler, effort);
  const millions = runUntraced(scenario) / 1e6;
  return millions / fastest(effort, () => timed(() => runUntraced(scenario)));
}

/** As `decisions`, with the full trace as JSON on its way to nowhere. */
export function tracedDecisions(scheduler: string, effort: Effort): number {
  const scenario = scenarioOf(scheduler, effort);
  const millions = runUntraced(scenario) / 1e6;
  return millions / fastest(effort, () => timed(() => runTraced(scenario)));
}

function scenarioOf(scheduler: string, { quick }: Effort): SchedulerScenario {
  const file = `test/conformance/sched/${scheduler}-F7-o01.scenario.json`;
  const parsed = parseSchedulerScenario(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.problem}`);
  return { ...parsed.scenario, duration: (quick ? 0.1 : 100) * SECOND };
}

/** @returns the number of decisions */
function runUntraced(scenario: SchedulerScenario): number {
  const counter = new Counter();
  buildScenarioMachine(scenario, scenarioScheduler(scenario), counter).run(scenario.duration);
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
