import type { Duration, Time } from '../engine/time.ts';
import type { SchedulerSetup } from '../experiment/schema/scheduler-schema.ts';
import type { XenVersion } from '../hypervisor/cpu/softirq.ts';

/** Domain id and number of a vCPU in a trace; `life`: the how-manieth domain with this id, from 1. */
export interface VcpuId {
  readonly domain: number;
  readonly life: number;
  readonly vcpu: number;
}

/** What a vCPU does, apart from what others make of it, and what became of it in the trace. */
export interface VcpuWorkload extends VcpuId {
  /** When it first wanted to run [ns]. */
  readonly start: Time;
  /** In turn; of two that follow one another only blocks and yields may be of the same kind. */
  readonly ops: readonly WorkloadOp[];
  readonly record: VcpuRecord;
  /** Who seems to wake it, such as by an interrupt, and the indices of those blocks that this ends. */
  readonly wokenBy?: VcpuId | undefined;
  readonly waits?: readonly number[];
  /** In which of its operations, after how much of it [ns], it seems to wake whom. */
  readonly sends?: readonly {
    readonly op: number;
    readonly after: Duration;
    readonly to: VcpuId;
  }[];
}

/**
 * `run`: needs CPU time; `block`: does not want to run for so long (neither is 0) [ns]; `yield`: gives up its turn;
 * `spin`: needs CPU time as long as there is any: what it needed to the trace's end.
 */
export type WorkloadOp =
  | { readonly kind: 'run' | 'block'; readonly length: Duration }
  | { readonly kind: 'yield' | 'spin' };

/** What became of a vCPU in a trace: what replaying it is compared with. */
export interface VcpuRecord {
  /** The pCPUs it ran on, by number. */
  readonly pcpus: readonly number[];
  /** Times that it ran on another pCPU than before. */
  readonly migrations: number;
  /** Time that it ran, and that it waited for a pCPU [ns]. */
  readonly run: Duration;
  readonly waited: Duration;
  /** Times that it was switched in. */
  readonly runs: number;
  /** From each wake-up (or first being online) to running, ascending; those that did not end are left out [ns]. */
  readonly wakeWaits: readonly Duration[];
  /** When it was woken, ascending [ns]. */
  readonly wakes: readonly Time[];
}

/** The scheduler that wrote a trace. */
export type TracedScheduler = Extract<
  SchedulerSetup['name'],
  'credit' | 'credit2' | 'rtds' | 'null' | 'arinc653'
>;

/** What was recorded in a trace. */
export interface Workload {
  readonly pcpus: number;
  /** From the first to the last record [ns]. */
  readonly duration: Duration;
  /** By domain and number. */
  readonly vcpus: readonly VcpuWorkload[];
  /** Records that Xen says it has lost. */
  readonly lostRecords: number;
  /** Records that do not go with those before them, as some are missing; they are believed. */
  readonly contradictions: number;
  /** Whose records are in the trace, most first; empty: it has none of a single scheduler's. */
  readonly schedulers: readonly TracedScheduler[];
  /** The version of Xen whose schedulers decide so; undefined: 4.13 or later, and nothing tells more. */
  readonly version: XenVersion | undefined;
  /** Speed of the TSC that its times were taken with [Hz]. */
  readonly hz: number;
  /** The same, as the trace's own durations say; undefined: it has none. */
  readonly tracedHz: number | undefined;
  /** pCPUs whose TSC was ahead (less than 0: behind), and by how much [ns]; its records were taken to be so much earlier. */
  readonly ahead: readonly { readonly pcpu: number; readonly time: number }[];
}
