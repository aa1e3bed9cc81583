import type { ScenarioDomain, SchedulerScenario } from '../../src/conformance/scenario.ts';
import type { ScenarioEvent } from '../../src/conformance/scenario-events.ts';

/* What a model of a scheduler is to the world that surrounds it. */

export const NEVER = Number.POSITIVE_INFINITY;
export const IDLE = -1;

/** A vCPU as the hypervisor knows it. */
export interface ModelVcpu {
  readonly id: number;
  readonly dom: number;
  readonly script: ScenarioDomain['vcpus'][number]['script'];
  hard: Set<number>;
  soft: Set<number>;
  /** The pCPU that it belongs to. */
  at: number;
  exists: boolean;
  started: boolean;
  down: boolean;
  blocked: boolean;
  moving: boolean;
  /** Those of a toolstack, and all of them. */
  held: number;
  pauses: number;
  /** When it wakes. */
  alarm: number;
  op: number;
  left: number;
  ran: number;
}

/** Something that will happen: when, of which kind, the number of whom, on which pCPU, what. */
export type Due = readonly [number, number, number, number, () => void];

/** What a record says besides its event and time. */
export type Fields = Readonly<Record<string, unknown>>;

/** Who runs next and for how long [ns], -1: no limit. */
export interface Choice {
  readonly next: ModelVcpu | undefined;
  readonly slice: number;
  readonly fields: Fields;
}

/** A model of a scheduler. */
export interface Rules {
  insert?(vcpu: ModelVcpu): void;
  /** Gives a new domain, whose vCPUs are inserted, its parameters. */
  adjust?(dom: number): void;
  /** All domains are there that exist from the start. */
  begin?(): void;
  remove?(vcpu: ModelVcpu): void;
  pick(vcpu: ModelVcpu): number;
  wake(vcpu: ModelVcpu): Fields;
  sleep(vcpu: ModelVcpu): void;
  yields?(vcpu: ModelVcpu): void;
  /** It has left its pCPU. */
  saved?(vcpu: ModelVcpu): void;
  choose(cpu: number): Choice;
  due?(): Due[];
  leave?(cpu: number): void;
  enter?(cpu: number): void;
  /** 4.12: an idle pCPU goes to sleep, and wakes up to do something. */
  doze?(cpu: number): void;
  rouse?(cpu: number): void;
  /** An event that is the scheduler's own; what it returns. */
  event?(event: ScenarioEvent): number;
  state(vcpu: ModelVcpu): unknown;
}

/** The least member of `set` beyond `cpu`, or else the least. */
export function cycle(cpu: number, set: readonly number[]): number {
  const sorted = [...set].sort((a, b) => a - b);
  return sorted.find((one) => one > cpu) ?? sorted[0] ?? -1;
}

/** A time in microseconds of a scenario [ns]. */
export function micros(value: number): number {
  return value * 1000;
}

/** The vCPUs of all domains, none of which exists yet. */
export function newVcpus({ pcpus, domains }: SchedulerScenario): ModelVcpu[] {
  const all = Array.from({ length: pcpus }, (_, cpu) => cpu);
  const vcpus = domains.flatMap(({ vcpus: own }, dom) => own.map((vcpu) => ({ ...vcpu, dom })));
  return vcpus.map(({ dom, script, wake }, id) => {
    const counts = { held: 0, pauses: 0, op: 0, left: 0, ran: 0 };
    const flags = { exists: false, started: false, down: true, blocked: false, moving: false };
    const masks = { hard: new Set(all), soft: new Set(all) };
    return { id, dom, script, at: 0, alarm: wake ?? NEVER, ...masks, ...flags, ...counts };
  });
}
