import type { Duration } from '../../engine/time.ts';

/*
 * The hypervisor's code paths are generators that read like Xen's. A suspended generator *is* a vCPU's hypervisor
 * stack: code that loses its pCPU stays where it was and goes on there when the vCPU is scheduled again, perhaps on
 * another pCPU. So `vcpu.processor` has to be read again after every point where softirqs may run.
 *
 * A path yields what it needs of the pCPU: a number of ns that pass (>= 0), or one of the steps below. Costs of zero
 * yield nothing, and neither do those during which nothing else happens on the machine: `if (m.mustWait(ns)) yield ns`.
 */

/** What a path yields: a duration [ns] or one of the negative steps. */
export type Step = Duration;
/** The vCPU goes to the guest; the path goes on at its next trap or interrupt. */
export const ENTER_GUEST = -1;
/** The pCPU's current vCPU has changed: its stack goes on, this one when it is switched in again. */
export const SWITCHED = -2;
/** The idle loop waits for an interrupt (WFI). */
export const WAIT = -3;
/** The time to dispatch a softirq passes; it happens in the order of events of kind SOFTIRQ. */
export const DISPATCH = -4;
/** Interrupts were unmasked and some are pending: they are taken now. */
export const OPEN = -5;
/** The pCPU does the work prepared in its segment, up to the check point that stops it. */
export const WORK = -6;
/** The pCPU spins for a lock, interrupts unmasked, until it is granted. No softirq runs meanwhile. */
export const SPIN = -7;
/** The vCPU's stack goes on with a round of softirqs, and behind this when that is done. */
export const SOFTIRQS = -8;
/** The round has served what was pending. */
export const SERVED = -9;

/** A stretch of hypervisor code; what it returns is for its caller. */
export type Path<Result = void> = Generator<Step, Result, void>;
