import type { Duration } from '../../engine/time.ts';

/**
 * What every step of the hypervisor's paths costs [ns], in the order in which the paths take them.
 * "masked": with interrupts masked on that pCPU; an interrupt that arrives meanwhile waits.
 */
export const COSTS = {
  // A synchronous trap from the guest (trapped instruction, hypercall, WFI, fault).
  trapEntry: 'trapping instruction to interrupts unmasked: vector, saving registers (masked)',
  enterHypervisor: 'entry hook up to reading back the list registers',
  syncFromLrs: 'reading back the list registers (masked)',
  lrRetire:
    'what reading back takes more when the guest has finished the interrupt in a list register (masked)',
  trapDispatch: 'from there to the handler of the trap',
  handleSetWay: 'handler of a Set/Way operation',
  handleCachesOff: 'handler of a trapped write to SCTLR that turns the caches off',
  handleCachesOn: 'handler of a trapped write to SCTLR that turns the caches on',
  handleVmRegister: 'handler of a trapped write to another VM register (TTBR0, ...)',
  handleMmio: 'emulating an access to a device register, after its stage-2 fault was looked at',
  handleHypercall: 'handler of another hypercall (PSCI, event channel), without what it wakes',
  handleDataAbort: 'handler of a stage-2 fault of a data access, to its resolution',
  handleInstructionAbort: 'handler of a stage-2 fault of an instruction fetch, to its resolution',
  resolve1g: 'resolving a stage-2 fault of a 1 GiB mapping',
  resolve2m: 'resolving a stage-2 fault of a 2 MiB mapping',
  resolve4k: 'resolving a stage-2 fault of a 4 KiB mapping',
  resolveNothing: 'finding that a stage-2 fault is none that can be resolved, or has been resolved',
  resolveTable: 'resolving a stage-2 fault of a table entry, without invalidating the table',
  invalidateTable: 'invalidating a table, without its valid entries',
  invalidateEntry: 'invalidating one valid entry of a table',
  handleWfi: 'handler of WFI, vcpu_block included',
  handleSgi: 'handler of an SGI that a guest sends, to vcpu_wake of its target',
  vgicQueue:
    'what sending an SGI takes more if none is in flight at its target: pending, or finished and not read back yet',
  vcpuKick: 'from there to the SGI to the pCPU of a target that does not sleep',
  handleYield: 'handler of a yield hypercall, vcpu_yield included',
  // An interrupt.
  irqEntryGuest: 'interrupt taken in the guest, to the action of its handler (masked)',
  irqEntryHypervisor:
    'interrupt taken in the hypervisor or idle, to the action of its handler (masked)',
  irqExit: 'from the action of an interrupt handler to its end (masked)',
  irqReturn: 'end of an interrupt handler to where it interrupted the hypervisor (masked)',
  sgiEntryGuest: 'as irqEntryGuest, for an SGI (masked)',
  sgiEntryHypervisor: 'as irqEntryHypervisor, for an SGI (masked)',
  sgiExit: 'as irqExit, for an SGI (masked)',
  sgiDelivery: 'end of a wake-up until the other pCPU sees the SGI',
  // The return path.
  returnEntry: 'start of the return path, before it masks interrupts',
  checkVcpuWork: 'checking for work of the vCPU before it returns to the guest (masked)',
  checkPcpuWork: 'one check for pending softirqs in the return path (masked)',
  returnToGuest: 'last check for softirqs done, to the first guest instruction (masked)',
  guestIrqEntry: "the guest's own vector, to its interrupt handler",
  setWayOp: 'a Set/Way operation that is not trapped, in the guest',
  // Softirqs.
  softirqDispatch: 'entering do_softirq, or going round it, to the start of a softirq handler',
  timerSoftirq: 'start of the TIMER handler to the first expired timer, if there is one',
  timerReprogram:
    'end of the expired timers, or start if there are none, to the end of the TIMER handler: programming the hardware',
  vtimerCallback: "callback of a descheduled vCPU's virtual timer, to vcpu_wake",
  wake: 'vcpu_wake, tickling included',
  sliceCallback: "callback of the scheduler's slice timer",
  tickCallback: "callback of the scheduler's tick",
  runqSort: 'what the first tick after an accounting takes more: sorting the runqueue',
  timerPass:
    'what a callback takes more for each timer of its pCPU that one which it arms goes past in the heap',
  accountingCallback: "callback of the scheduler's accounting or replenishment",
  schedule: 'start of the SCHEDULE handler to the context switch',
  scheduleFromIdle: 'the same when the idle vCPU was running',
  ratelimitCheck: 'what schedule() takes more where there is a rate limit',
  burnCredits:
    'what schedule() takes more where the vCPU that ran is charged; credit charges 100 us at a time, ahead',
  scheduleSame: 'start of the SCHEDULE handler to its end, when what was running goes on',
  contextSwitch: 'context switch from a guest, to the end of the SCHEDULE handler on the new stack',
  contextSwitchFromIdle: 'context switch from idle',
  requeue:
    'putting a preempted vCPU back in a runqueue after the switch, where the scheduler does it then',
  cacheRefill:
    'time a vCPU that was switched in loses in the guest before its program makes progress',
  balancePcpu: 'looking for a vCPU to take from one other pCPU, in schedule()',
  resetUnit: 'giving one vCPU of the runqueue new credit, in schedule()',
  accountUnit:
    "distributing credit to one active vCPU, or filling up one vCPU's budget, in the callback",
  idleWake: 'end of WFI in the idle loop to the check for softirqs',
  // The flush.
  flushVmEntry: 'decision to flush, to the call of p2m_cache_flush_range',
  flushRangeEntry: 'entry of p2m_cache_flush_range to its first lookup: taking the lock',
  page: 'cleaning and invalidating one 4 KiB page',
  lookup: 'looking up a mapping that is then flushed',
  skip: 'looking up and skipping a mapping or hole',
  check: 'one check point in the flush that finds nothing pending',
  flushPreempt:
    'check point that finds a softirq, to do_softirq: leaving with -ERESTART, lock released',
  lockDrop:
    'policy lock: drop: releasing and taking the p2m lock at a check point, and looking the mapping up again',
  flushTail: 'last page to the return of p2m_cache_flush_range: instruction cache, lock released',
  invalidateRoot: 'p2m_invalidate_root after a whole pass, where accesses are tracked',
} as const satisfies Record<string, string>;

/** The name of one cost, in camelCase; in files it is written in snake_case. */
export type CostName = keyof typeof COSTS;

/** Costs that a profile may leave out: they are 0. */
export const OPTIONAL_COSTS: ReadonlySet<CostName> = new Set<CostName>([
  'lrRetire',
  'vgicQueue',
  'vcpuKick',
  'returnEntry',
  'runqSort',
  'timerPass',
  'ratelimitCheck',
  'burnCredits',
  'balancePcpu',
  'resetUnit',
  'accountUnit',
]);

/** A cost profile: how long each step takes [ns], whole and not negative. */
export type Costs = Readonly<Record<CostName, Duration>>;

/** All cost names, in the order of the paths. */
export const COST_NAMES = Object.keys(COSTS) as readonly CostName[];

/** The profile in which the hypervisor takes no time: the environment of the recorded decisions. */
export const ZERO_COSTS: Costs = Object.freeze(
  Object.fromEntries(COST_NAMES.map((name) => [name, 0])),
) as Costs;
