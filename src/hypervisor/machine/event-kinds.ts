/**
 * The kinds of events in the order in which they happen at equal times. A pCPU's softirqs come before
 * everything else, then what the toolstack goes on with; the next nine are the kinds of the recorded scheduler
 * decisions in their order; the hardware's own follow.
 */

/** A pCPU (index) starts the handler of its lowest pending softirq. */
export const SOFTIRQ = 0;
/** The toolstack goes on with an operation that had to wait (index 0). */
export const TOOLSTACK = 1;
/** What a pCPU (index) is doing ends: a guest's operation, a step of a hypervisor path, a flush. */
export const RUN = 2;
/** A vCPU (index: global number) is started, or the end of its block is due (poll_timer). */
export const WAKE = 3;
/** The virtual timer of a vCPU (index: global number) that is not on a pCPU expires (virt_timer, kept by the hypervisor). */
export const GUEST_TIMER = 4;
/** A scheduler's accounting (index 0). */
export const ACCT = 5;
/** A scheduler's tick on a pCPU (index). */
export const TICK = 6;
/** A scheduler's replenishment of a domain's (index) budget; RTDS: of all (index 0). */
export const REPL = 7;
/** A pCPU's (index) slice timer. */
export const STIMER = 8;
/** A change of the scheduler's parameters at run time (index: which). */
export const SET = 9;
/** The toolstack begins its next operation (index 0). */
export const OPERATION = 10;
/** A pCPU's (index) hypervisor timer interrupt (CNTHP). */
export const HYP_TIMER = 11;
/** The virtual timer (CNTV) of a running vCPU (index: global number) expires. */
export const VTIMER = 12;
/** An SGI reaches a pCPU (index). */
export const SGI = 13;
