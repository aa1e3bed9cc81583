import type { Duration, Time } from '../../engine/time.ts';
import type { ParameterChange, Reservation } from '../ports.ts';

/**
 * What a toolstack can do to a machine that runs. Domains are named by their index, vCPUs by their global number, pCPUs
 * by theirs.
 */
export type ToolstackOperation =
  /** Sets a domain's weight [1 .. 65535] or cap [percent of one pCPU, 0 for none] (XEN_DOMCTL_scheduler_op, putinfo). */
  | { readonly op: 'weight' | 'cap'; readonly domain: number; readonly value: number }
  /** Changes parameters of the scheduler (XEN_SYSCTL_scheduler_op, putinfo). */
  | { readonly op: 'parameters'; readonly change: ParameterChange }
  /** RTDS: sets a vCPU's reservation (putvcpuinfo). */
  | { readonly op: 'reservation'; readonly vcpu: number; readonly reservation: Reservation }
  /** RTDS: sets period and budget [ns] of all vCPUs of a domain (putinfo). */
  | {
      readonly op: 'reservations';
      readonly domain: number;
      readonly period: Duration;
      readonly budget: Duration;
    }
  /** Sets the pCPUs that a vCPU may run on, or prefers (XEN_DOMCTL_setvcpuaffinity). */
  | { readonly op: 'hard' | 'soft'; readonly vcpu: number; readonly pcpus: readonly number[] }
  /**
   * Pauses a domain, waiting until none of its vCPUs runs; takes back one pause; creates it; destroys it. One that is
   * created does not exist before.
   */
  | {
      readonly op: 'pause' | 'unpause' | 'create' | 'destroy';
      readonly domain: number;
    }
  /** Pauses a vCPU, waiting until it is off its pCPU; takes back one pause. */
  | { readonly op: 'pause-vcpu' | 'unpause-vcpu'; readonly vcpu: number }
  /** Takes a vCPU down, without waiting; brings it up; both at once. */
  | { readonly op: 'down' | 'up' | 'blip'; readonly vcpu: number }
  /** An event for a vCPU is sent from `pcpu`: it wakes if it blocks. */
  | { readonly op: 'unblock'; readonly vcpu: number; readonly pcpu: number }
  /** Takes a pCPU out of the pool; brings it back (XEN_SYSCTL_cpupool_op, RMCPU and ADDCPU). */
  | { readonly op: 'remove-pcpu' | 'add-pcpu'; readonly pcpu: number };

/** Those on a domain, and on a vCPU. */
export type DomainOperation = Extract<ToolstackOperation, { domain: number }>;
export type VcpuOperation = Extract<ToolstackOperation, { vcpu: number }>;

/** An operation and when it begins [ns], if the toolstack has finished the one before. */
export interface OperationSetup {
  readonly at: Time;
  readonly operation: ToolstackOperation;
  /** How long the toolstack is busy with it before it takes effect [ns]; absent: no time. */
  readonly takes?: Duration;
}

/**
 * How an operation ended: `invalid`: refused (EINVAL); `again`: given up after some attempts (EAGAIN); `unavailable`: not
 * possible in the present state (EADDRNOTAVAIL); `missing`: there is no such domain or vCPU now (ESRCH).
 */
export type OperationOutcome = (typeof OUTCOMES)[number];

/** All outcomes. */
export const OUTCOMES = ['done', 'invalid', 'again', 'unavailable', 'missing'] as const;
