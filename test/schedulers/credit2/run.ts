import type { SchedulerScenario } from '../../../src/conformance/scenario.ts';
import { runSchedulerScenario } from '../../../src/conformance/scheduler-scenario.ts';
import { MS } from '../../../src/engine/time.ts';

/** A record of the run, as recorded from Xen. */
export type Entry = Readonly<Record<string, unknown>> & { readonly ev: string; readonly t: number };

type Domains = SchedulerScenario['domains'];

/** Runs domains on credit2 without costs; one pCPU, 100 ms, master, Xen's parameters unless told. */
export function run(domains: Domains, setup: Partial<SchedulerScenario> = {}): Entry[] {
  const entries: Entry[] = [];
  const scenario: SchedulerScenario = {
    name: 'test',
    sched: 'credit2',
    pcpus: 1,
    duration: 100 * MS,
    params: {},
    domains,
    ...setup,
  };
  runSchedulerScenario(scenario, (line) => entries.push(JSON.parse(line)));
  return entries;
}

/** A domain with one vCPU that runs for ever from `wake` on; null: it never starts. */
export function hog(wake: number | null, weight = 256, hard?: readonly number[]): Domains[number] {
  return { weight, cap: 0, vcpus: [{ wake, script: [['spin']], ...(hard && { hard }) }] };
}

/** The records of one kind, as `[t, ...values of the keys]`. */
export function pluck(entries: readonly Entry[], ev: string, ...keys: string[]): unknown[][] {
  return entries.filter((e) => e.ev === ev).map((e) => [e.t, ...keys.map((key) => e[key])]);
}
