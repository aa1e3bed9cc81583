import type { Duration, Time } from '../engine/time.ts';

/** What a vCPU does, apart from what others make of it: how long it ran, how long it was blocked. */
export interface VcpuWorkload {
  /** Domain id and number of the vCPU in the trace. */
  readonly domain: number;
  readonly vcpu: number;
  /** The pCPU it ran on longest. */
  readonly pcpu: number;
  /** When it first wanted to run [ns]. */
  readonly start: Time;
  /** CPU time, and time blocked after it, in turn; neither is 0 [ns]. */
  readonly ops: readonly WorkloadOp[];
}

/** `run`: needs CPU time; `block`: does not want to run for so long [ns]. */
export interface WorkloadOp {
  readonly kind: 'run' | 'block';
  readonly length: Duration;
}

/** What was recorded in a trace. */
export interface Workload {
  readonly pcpus: number;
  /** From the first to the last record [ns]. */
  readonly duration: Duration;
  /** By domain and number. */
  readonly vcpus: readonly VcpuWorkload[];
  /** Records that Xen says it has lost. */
  readonly lostRecords: number;
}
