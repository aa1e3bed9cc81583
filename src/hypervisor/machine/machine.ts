import { invariant } from '../../engine/invariant.ts';
import { Simulation } from '../../engine/simulation.ts';
import { type Duration, NEVER, type Time } from '../../engine/time.ts';
import { IRQ_HYP_TIMER, IRQ_SGI, IRQ_VTIMER } from '../cpu/interrupts.ts';
import { Pcpu } from '../cpu/pcpu.ts';
import { shareCores } from '../cpu/shared-core.ts';
import { SOFTIRQ_ORDER, type XenVersion } from '../cpu/softirq.ts';
import { Jobs } from '../jobs/jobs.ts';
import { giveStack } from '../paths/paths.ts';
import type { PreemptionPolicy, Scheduler } from '../ports.ts';
import type { Probe } from '../probe.ts';
import { SchedulingCore } from '../sched/scheduling-core.ts';
import { createdLater, Toolstack } from '../toolstack/toolstack.ts';
import { checkSetup } from './check-setup.ts';
import type { Costs } from './costs.ts';
import { Counter } from './counter.ts';
import { CpuMask, NO_PCPU } from './cpu-mask.ts';
import { createDomain, defineDomain } from './create-domain.ts';
import type { Domain } from './domain.ts';
import { eventHandlers } from './event-handlers.ts';
import * as kinds from './event-kinds.ts';
import { checkInvariants } from './invariants.ts';
import type { DomainSetup, MachineSetup } from './machine-setup.ts';
import type { MachineView } from './machine-view.ts';
import { type Timers, timersOf, XenTimers } from './timers.ts';
import { Topology } from './topology.ts';
import { RUNNING, Vcpu } from './vcpu.ts';
import { switchVtimers, vtimerExpired } from './vcpu-events.ts';

/** pCPUs, vCPUs, softirqs, timers, interrupts and a scheduler, wired together and run. */
export class Machine implements MachineView {
  readonly sim: Simulation;
  readonly xen: XenVersion;
  /** What every step typically costs. */
  readonly costs: Costs;
  readonly policy: PreemptionPolicy;
  readonly probe: Probe;
  readonly pcpuCount: number;
  readonly allPcpus: CpuMask;
  readonly online: CpuMask;
  readonly topology: Topology;
  readonly pcpus: readonly Pcpu[];
  readonly domains: Domain[] = [];
  /** Guests' vCPUs by their number. */
  readonly vcpus: Vcpu[] = [];
  readonly scheduler: Scheduler;
  readonly core: SchedulingCore;
  readonly toolstack: Toolstack;
  readonly jobs: Jobs;
  /** The pCPU that is leaving the pool and could not be emptied yet. */
  leaving = NO_PCPU;
  /** The pCPU on which an operation of the toolstack is carried out: its idle loop does not wait meanwhile. */
  held = NO_PCPU;
  /** The pCPU that executes the current handler. */
  here = 0;
  /**
   * The present event handler has nothing left to do but what the pCPU `here` does last: it may let time pass. Not so in
   * code that the handler calls on behalf of another pCPU, and goes on after.
   */
  mayAdvance = false;
  readonly softirqTimer: number;
  readonly softirqSchedule: number;
  readonly softirqRcu: number;
  /** What each pCPU ran before the last context switch, by pCPU. */
  private readonly previous: Vcpu[];
  private readonly timers: Timers;
  private hasBooted = false;
  /** Interrupts between pCPUs take no time. */
  readonly sgiIsFree: boolean;
  mayHaveSoftAffinity = false;
  private readonly counter: Counter | undefined;
  private readonly domainSetups: readonly DomainSetup[];

  /** @throws SetupError if `setup` is not a machine that can be built */
  constructor(setup: MachineSetup) {
    checkSetup(setup);
    const { pcpus, costs, xen } = setup;
    this.xen = xen;
    this.costs = costs;
    this.counter = setup.counterHz === undefined ? undefined : new Counter(setup.counterHz);
    this.policy = setup.policy;
    this.probe = setup.probe;
    this.pcpuCount = pcpus;
    this.allPcpus = CpuMask.all(pcpus);
    this.online = CpuMask.all(pcpus);
    this.topology = setup.topology ? Topology.of(setup.topology) : Topology.flat(pcpus);
    this.softirqTimer = SOFTIRQ_ORDER[xen].indexOf('TIMER');
    this.softirqSchedule = SOFTIRQ_ORDER[xen].indexOf('SCHEDULE');
    this.softirqRcu = SOFTIRQ_ORDER[xen].indexOf('RCU');
    this.jobs = new Jobs(this, setup.jobs ?? []);
    const sgi = costs.sgiDelivery + costs.sgiEntryGuest + costs.sgiEntryHypervisor + costs.sgiExit;
    this.sgiIsFree = sgi === 0;
    this.sim = new Simulation(eventHandlers(this, setup));
    this.pcpus = Array.from({ length: pcpus }, (_, id) => this.createPcpu(id, setup));
    shareCores(this, setup.topology?.slowdown ?? 1);
    this.previous = this.pcpus.map((pcpu) => pcpu.idle);
    this.timers = timersOf(this, setup);
    this.core = new SchedulingCore(this, setup.firstSlice);
    this.scheduler = setup.scheduler(this);
    for (const pcpu of this.pcpus) this.core.serve(pcpu.id, this.scheduler);
    this.scheduler.start();
    const { operations = [] } = setup;
    this.domainSetups = setup.domains;
    for (const domain of setup.domains) defineDomain(this, domain);
    const later = createdLater(operations);
    for (const domain of this.domains) if (!later.has(domain.index)) this.createDomain(domain);
    this.toolstack = new Toolstack(this, operations);
    this.toolstack.armNext();
    setup.tables?.forEach((table, index) => {
      if (table.at === undefined) this.scheduler.adjustGlobal?.(table);
      else this.sim.at(this.slot(kinds.SET, index), table.at);
    });
    // pCPUs tickled meanwhile have looked: no vCPU is up yet.
    for (const pcpu of this.pcpus) pcpu.softirqPending &= ~(1 << this.softirqSchedule);
    this.probe.attached(this);
  }

  /**
   * Boots all pCPUs, if that has not been done, and runs the machine until `duration` after boot [ns].
   * @throws RunError if that is past, or no time
   */
  run(duration: Duration): void {
    if (!this.hasBooted) {
      this.hasBooted = true;
      for (const pcpu of this.pcpus) {
        this.here = pcpu.id;
        pcpu.enterHypervisor();
      }
    }
    this.sim.run(0 + duration);
    for (const pcpu of this.pcpus) pcpu.setMode(pcpu.mode);
    checkInvariants(this);
  }

  /** The time of the event that is being handled [ns]. */
  get now(): Time {
    return this.sim.now;
  }

  get clock(): Time {
    return this.counter === undefined ? this.sim.now : this.counter.read(this.sim.now);
  }

  current(pcpu: number): Vcpu {
    return this.core.chosen[pcpu];
  }

  idle(pcpu: number): Vcpu {
    return this.pcpus[pcpu].idle;
  }

  /** The pCPU whose stack `vcpu` is on: for a running vCPU, its processor. */
  pcpuOf(vcpu: Vcpu): Pcpu {
    return this.pcpus[vcpu.processor];
  }

  /** The slot of the event (kind, index). */
  slot(kind: number, index: number): number {
    return this.sim.slot(kind, index);
  }

  /** Lets `length` ns pass on the pCPU `here`, if nothing else happens meanwhile. @returns whether they have passed */
  tryAdvance(length: Duration): boolean {
    return this.mayAdvance && this.sim.tryAdvance(this.now + length);
  }

  /** A hypervisor path takes `length` ns. @returns whether it has to yield them, as something may happen meanwhile */
  mustWait(length: Duration): boolean {
    return length > 0 && !this.tryAdvance(length);
  }

  // ---- Softirqs and interrupts ---------------------------------------------------------------------------

  tickle(pcpu: number): void {
    this.core.tickled.push(pcpu);
    this.pcpus[pcpu].raise(this.softirqSchedule);
  }

  raiseTimer(pcpu: number): void {
    this.pcpus[pcpu].raise(this.softirqTimer);
  }

  /** Sends an EVENT_CHECK SGI to `pcpu`; one that is on its way already is not doubled. */
  sendSgi(pcpu: Pcpu): void {
    if (this.sgiIsFree) {
      if (!pcpu.ignoresFreeSgi) pcpu.interrupts.raise(IRQ_SGI);
      return;
    }
    const slot = this.slot(kinds.SGI, pcpu.id);
    if (this.sim.dueAt(slot) === NEVER)
      this.sim.at(slot, this.now + this.pcpus[this.here].costs.sgiDelivery);
  }

  /** What the handler of interrupt `line` does on `pcpu`. */
  actOnInterrupt(pcpu: Pcpu, line: number): void {
    if (line === IRQ_HYP_TIMER) pcpu.raise(this.softirqTimer);
    else if (line === IRQ_VTIMER && !pcpu.current.isIdle) vtimerExpired(this, pcpu.current);
  }

  // ---- Timers --------------------------------------------------------------------------------------------

  setTimer(kind: number, index: number, pcpu: number, expiry: Time): void {
    this.timers.set(this.slot(kind, index), pcpu, expiry);
  }

  stopTimer(kind: number, index: number): void {
    this.timers.stop(this.slot(kind, index));
  }

  program(pcpu: number, deadline: Time): void {
    const slot = this.slot(kinds.HYP_TIMER, pcpu);
    if (deadline === NEVER) this.sim.cancel(slot);
    else this.sim.at(slot, deadline);
  }

  /** Takes the earliest timer of `pcpu` that has expired, for the TIMER softirq. @returns its slot, -1 if none has */
  expiredTimer(pcpu: number): number {
    const timers = this.xenTimers;
    const slot = timers.takeExpired(pcpu);
    if (slot >= 0) {
      const lateness = this.now - timers.expiryOf(slot);
      this.probe.timerFired(pcpu, this.sim.kindOf(slot), lateness, this.sim.indexOf(slot));
    }
    return slot;
  }

  /** Tells of each hypervisor timer that was due before now and has not fired, and of which pCPU it is. */
  overdueTimers(tell: (pcpu: number, due: Time) => void): void {
    this.timers.overdue(this.now, tell);
  }

  /** Programs the hardware for the earliest timer of `pcpu`. */
  reprogramTimer(pcpu: number): void {
    this.xenTimers.reprogram(pcpu);
  }

  /** The timers of a machine whose timers are Xen's. */
  get xenTimers(): XenTimers {
    invariant(this.timers instanceof XenTimers, 'exact timers raise no TIMER softirq');
    return this.timers;
  }

  /** Time on `pcpu` since it was last asked for that the vCPU there is not to be charged for [ns]. */
  uncharged(pcpu: number): Duration {
    return this.policy.charge === 'vcpu' ? 0 : this.pcpus[pcpu].uncharged.take(this.now);
  }

  // ---- Context switch ------------------------------------------------------------------------------------

  /** What `pcpu` ran before the last context switch. */
  previousOf(pcpu: Pcpu): Vcpu {
    return this.previous[pcpu.id];
  }

  /** context_switch: `next` is current on `pcpu` from now on; timers of the guests follow (virt_timer_save). */
  contextSwitch(pcpu: Pcpu, prev: Vcpu, next: Vcpu): void {
    this.previous[pcpu.id] = prev;
    pcpu.current = next;
    pcpu.renewCosts();
    this.probe.activityChanged(pcpu.id, pcpu.activity, next);
    next.progressFrom = this.now + pcpu.costs.cacheRefill;
    switchVtimers(this, pcpu, prev, next);
  }

  // ---- Construction --------------------------------------------------------------------------------------

  pauseNosync(vcpu: Vcpu): void {
    this.core.pauseNosync(vcpu);
  }

  unpause(vcpu: Vcpu): void {
    this.core.unpause(vcpu, 'unpark');
  }

  /** Creates a domain that does not exist yet. */
  createDomain(domain: Domain): void {
    createDomain(this, domain, this.domainSetups[domain.index]);
  }

  private createPcpu(id: number, { spread }: MachineSetup): Pcpu {
    const idle = new Vcpu(-1 - id, id, CpuMask.of(this.pcpuCount, [id]), undefined, undefined);
    idle.pauseFlags = 0;
    idle.isRunning = true;
    idle.runstate = RUNNING;
    const pcpu = new Pcpu(this, id, idle, spread?.(id));
    giveStack(this, idle);
    return pcpu;
  }
}
