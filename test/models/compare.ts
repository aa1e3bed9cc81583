import { expect } from 'vitest';
import type { SchedulerScenario } from '../../src/conformance/scenario.ts';
import { runSchedulerScenario } from '../../src/conformance/scheduler-scenario.ts';
import type { Rules } from './rules.ts';
import { World } from './world.ts';

/** Makes the model of a scheduler. */
export type Model = new (world: World) => Rules;

/** What `Model` says of `scenario`: its records, as lines. */
export function modelled(scenario: SchedulerScenario, Model: Model): string[] {
  return new World(scenario, (world) => new Model(world)).run().map((one) => JSON.stringify(one));
}

/** What the scheduler does in `scenario`: its records, as lines. */
function simulated(scenario: SchedulerScenario): string[] {
  const lines: string[] = [];
  runSchedulerScenario(scenario, (line) => lines.push(line));
  return lines;
}

/** Compares the scheduler with its model, record by record. @returns how many decisions were compared */
export function compareRecords(scenario: SchedulerScenario, Model: Model): number {
  return sameRecords(simulated(scenario), modelled(scenario, Model));
}

/** Lines of records must be the same. @returns how many decisions there are */
export function sameRecords(seen: readonly string[], model: readonly string[]): number {
  const other = seen.findIndex((line, i) => line !== model[i]);
  if (other >= 0) expect(seen.slice(0, other + 1)).toEqual(model.slice(0, other + 1));
  expect(seen.length).toBe(model.length);
  return seen.filter((line) => line.startsWith('{"ev":"sched"')).length;
}
