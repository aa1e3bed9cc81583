import type { ScenarioDomain, SchedulerScenario } from '../../src/conformance/scenario.ts';
import { runSchedulerScenario } from '../../src/conformance/scheduler-scenario.ts';

/** A record: its event, its time [ns], and fields that depend on the event. */
export interface TraceRecord {
  readonly ev: string;
  readonly t: number;
  readonly [field: string]: unknown;
}

/** A scenario whose other fields are: master, one pCPU, default parameters. */
export type TinyScenario = Pick<SchedulerScenario, 'sched' | 'duration' | 'domains'> &
  Partial<SchedulerScenario>;

/** What the scheduler does in `scenario`. */
export function recordsOf(scenario: TinyScenario): TraceRecord[] {
  const lines: string[] = [];
  runSchedulerScenario({ name: 'tiny', pcpus: 1, params: {}, ...scenario }, (line) =>
    lines.push(line),
  );
  return lines.map((line) => JSON.parse(line) as TraceRecord);
}

/** What it does in both versions of Xen. */
export function recordsByVersion(scenario: TinyScenario) {
  return {
    master: recordsOf({ ...scenario, xen: 'master' }),
    'release-4.12': recordsOf({ ...scenario, xen: '4.12' }),
  };
}

/** `fields` of the records of event `ev`, as tuples. */
export function pick(
  records: readonly TraceRecord[],
  ev: string,
  ...fields: readonly string[]
): unknown[][] {
  return records
    .filter((record) => record.ev === ev)
    .map((record) => fields.map((name) => record[name]));
}

/** [time, previous, next] of every decision that switches. */
export function switches(records: readonly TraceRecord[], cpu = 0): unknown[][] {
  return records
    .filter((record) => record.ev === 'sched' && record.cpu === cpu && record.prev !== record.next)
    .map(({ t, prev, next }) => [t, prev, next]);
}

/** CPU time of each vCPU over the whole run [ns]. */
export function cpuTimes(records: readonly TraceRecord[]): number[] {
  return records.at(-1)?.run as number[];
}

type Vcpu = ScenarioDomain['vcpus'][number];

/** A domain of one vCPU. */
export function one(vcpu: Vcpu, domain: Partial<ScenarioDomain> = {}): ScenarioDomain {
  return { weight: 256, cap: 0, ...domain, vcpus: [vcpu] };
}

/** A vCPU that wants all the CPU time, from `wake` on. */
export function hog(wake: number, vcpu: Partial<Vcpu> = {}): Vcpu {
  return { wake, script: [['spin']], ...vcpu };
}
