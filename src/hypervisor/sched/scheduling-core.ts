import { invariant } from '../../engine/invariant.ts';
import type { Duration, Time } from '../../engine/time.ts';
import type { Costs } from '../machine/costs.ts';
import type { CpuMask } from '../machine/cpu-mask.ts';
import { STIMER, WAKE } from '../machine/event-kinds.ts';
import { firstTimeOf } from '../machine/first-times.ts';
import type { Machine } from '../machine/machine.ts';
import {
  BLOCKED,
  OFFLINE,
  PAUSED_BLOCKED,
  PAUSED_DOWN,
  PAUSED_IN_XEN,
  PAUSED_MIGRATING,
  RUNNABLE,
  RUNNING,
  type Runstate,
  type Vcpu,
} from '../machine/vcpu.ts';
import type { Decider, Decision, WakeReason } from '../ports.ts';
import { IdleScheduler } from './idle-scheduler.ts';

/**
 * The scheduler-independent part of scheduling: Xen's common/sched/core.c (granularity "cpu", so a unit is a
 * vCPU). Functions keep their Xen names without the vcpu_ prefix.
 */
export class SchedulingCore {
  private readonly machine: Machine;
  /** pCPUs on which SCHEDULE was raised since the last wake hook began. */
  readonly tickled: number[] = [];
  /** What schedule() chose last, by pCPU (sched_resource.curr): known before the switch to it is done. */
  readonly chosen: Vcpu[];
  private readonly decision: Decision;
  /** Who decides on each pCPU (sched_resource.scheduler). */
  private readonly deciders: Decider[] = [];
  private readonly idleScheduler: IdleScheduler;
  private readonly firstSlice: readonly Time[] | undefined;

  constructor(machine: Machine, firstSlice: readonly Time[] | undefined) {
    this.machine = machine;
    this.firstSlice = firstSlice;
    this.idleScheduler = new IdleScheduler(machine);
    this.chosen = machine.pcpus.map((pcpu) => pcpu.idle);
    this.decision = {
      next: machine.idle(0),
      slice: -1,
      tasklet: false,
      migrated: false,
      ratelimited: false,
      pcpusSearched: 0,
      unitsReset: 0,
      charged: false,
    };
  }

  /** vcpu_wake: makes the vCPU runnable if nothing pauses it any more, and tells the scheduler. */
  wake(vcpu: Vcpu, why: WakeReason): void {
    if (vcpu.isRunnable) {
      if (vcpu.runstate >= BLOCKED) this.changeRunstate(vcpu, RUNNABLE);
      // Setting its length would be a call, on every wake.
      while (this.tickled.length > 0) this.tickled.pop();
      this.machine.scheduler.wake(vcpu);
      this.machine.probe.woken(vcpu, why, this.tickled);
    } else if ((vcpu.pauseFlags & PAUSED_BLOCKED) === 0) {
      if (vcpu.runstate === BLOCKED) this.changeRunstate(vcpu, OFFLINE);
    }
  }

  /** The first wake of a vCPU: it comes up. */
  start(vcpu: Vcpu): void {
    vcpu.pauseFlags &= ~PAUSED_DOWN;
    vcpu.wasStarted = true;
    vcpu.upSince = this.machine.now;
    if (!vcpu.isRunnable) this.machine.probe.wakeSkipped(vcpu);
    this.wake(vcpu, 'start');
  }

  /** The toolstack brings it up; no effect if it is up. */
  bringUp(vcpu: Vcpu): void {
    if ((vcpu.pauseFlags & PAUSED_DOWN) === 0) return;
    vcpu.pauseFlags &= ~PAUSED_DOWN;
    vcpu.upSince = this.machine.now;
    this.wake(vcpu, 'up');
  }

  /** vcpu_unblock: ends a block; no effect on a vCPU that is not blocked. */
  unblock(vcpu: Vcpu): void {
    if ((vcpu.pauseFlags & PAUSED_BLOCKED) === 0) return;
    vcpu.pauseFlags &= ~PAUSED_BLOCKED;
    vcpu.isPolling = false;
    if (!vcpu.isRunnable) this.machine.probe.wakeSkipped(vcpu);
    this.wake(vcpu, 'unblock');
  }

  /** Ends the wait of a vCPU for its device model; no effect if it does not wait. */
  unblockInXen(vcpu: Vcpu): void {
    if ((vcpu.pauseFlags & PAUSED_IN_XEN) === 0) return;
    vcpu.pauseFlags &= ~PAUSED_IN_XEN;
    if (!vcpu.isRunnable) this.machine.probe.wakeSkipped(vcpu);
    this.wake(vcpu, 'unblock');
  }

  /** The vCPU goes down (PSCI CPU_OFF, or the toolstack): `start` or `bringUp` brings it up again. */
  stop(vcpu: Vcpu): void {
    vcpu.pauseFlags |= PAUSED_DOWN;
    this.sleepNosync(vcpu);
  }

  /** Blocks the current vCPU in the hypervisor for `duration` (SCHEDOP_poll with a timeout). */
  blockFor(vcpu: Vcpu, duration: Duration): void {
    const { machine } = this;
    machine.probe.blocking(vcpu, duration);
    if (duration !== Number.POSITIVE_INFINITY) {
      vcpu.isPolling = true;
      vcpu.wakeDue = machine.now + duration;
      machine.setTimer(WAKE, vcpu.id, machine.here, vcpu.wakeDue);
    }
    this.block(vcpu);
  }

  /** vcpu_block: the current vCPU waits for an event. The scheduler learns of it in schedule(). */
  block(vcpu: Vcpu): void {
    vcpu.pauseFlags |= PAUSED_BLOCKED;
    this.machine.tickle(this.machine.here);
  }

  /** vcpu_yield: the current vCPU gives up its turn. */
  yield(vcpu: Vcpu): void {
    this.machine.probe.yielding(vcpu);
    this.machine.scheduler.yield(vcpu);
    this.machine.tickle(this.machine.here);
  }

  /** vcpu_pause_nosync: the vCPU stops running soon; nobody waits for that. */
  pauseNosync(vcpu: Vcpu): void {
    vcpu.pauseCount++;
    this.sleepNosync(vcpu);
  }

  /** vcpu_unpause. */
  unpause(vcpu: Vcpu, why: WakeReason): void {
    vcpu.pauseCount--;
    if (vcpu.pauseCount === 0) this.wake(vcpu, why);
  }

  /** vcpu_sleep_nosync_locked. */
  sleepNosync(vcpu: Vcpu): void {
    if (vcpu.isRunnable) return;
    if (vcpu.runstate === RUNNABLE) this.changeRunstate(vcpu, OFFLINE);
    this.machine.scheduler.sleep(vcpu);
  }

  /** vcpu_set_hard_affinity and vcpu_set_soft_affinity: always moves the vCPU, even to where it is. */
  setAffinity(vcpu: Vcpu, hard: CpuMask, soft: CpuMask): void {
    this.adjustAffinity(vcpu, hard, soft);
    this.migrate(vcpu);
  }

  /** sched_unit_migrate_start and _finish: the scheduler picks a pCPU for it, at once or when it is off the one it has. */
  migrate(vcpu: Vcpu): void {
    vcpu.pauseFlags |= PAUSED_MIGRATING;
    this.sleepNosync(vcpu);
    this.migrateFinish(vcpu);
  }

  /** `decider` decides on `pcpu` from now on. */
  serve(pcpu: number, decider: Decider): void {
    this.deciders[pcpu] = decider;
  }

  /** `pcpu` belongs to no pool from now on. */
  free(pcpu: number): void {
    this.serve(pcpu, this.idleScheduler);
  }

  /** It belongs to no pool. */
  isFree(pcpu: number): boolean {
    return this.deciders[pcpu] === this.idleScheduler;
  }

  /** sched_set_affinity: no migration. */
  adjustAffinity(vcpu: Vcpu, hard: CpuMask, soft: CpuMask): void {
    vcpu.hardAffinity = hard;
    vcpu.softAffinity = soft;
    vcpu.softAffinityEffective = !hard.isSubsetOf(soft) && hard.intersects(soft);
    if (vcpu.softAffinityEffective) this.machine.mayHaveSoftAffinity = true;
    this.machine.scheduler.adjustAffinity(vcpu);
  }

  /** sched_unit_migrate_finish: moves a vCPU that was asked to leave its pCPU, once it is off it. */
  private migrateFinish(vcpu: Vcpu): void {
    if (vcpu.isRunning || (vcpu.pauseFlags & PAUSED_MIGRATING) === 0) return;
    const { scheduler } = this.machine;
    const to = scheduler.pickResource(vcpu);
    vcpu.pauseFlags &= ~PAUSED_MIGRATING;
    scheduler.migrate(vcpu, to);
    this.wake(vcpu, 'mig');
  }

  /**
   * schedule(): asks the scheduler what runs next on `pcpu`, arms the slice timer and does the bookkeeping of
   * the switch (sched_switch_units). The caller switches the stacks if the result is not what runs now.
   */
  schedule(pcpu: number): Vcpu {
    const { machine, decision } = this;
    const { clock } = machine;
    const prev = this.chosen[pcpu];
    machine.stopTimer(STIMER, pcpu);
    decision.migrated = false;
    decision.ratelimited = false;
    decision.pcpusSearched = 0;
    decision.unitsReset = 0;
    decision.charged = false;
    const { tasklets } = machine.pcpus[pcpu];
    decision.tasklet = tasklets.length > 0;
    if (decision.tasklet) machine.pcpus[pcpu].taskletScheduled = true;
    this.deciders[pcpu].schedule(pcpu, prev, decision);
    // What is left belongs to who ran until now.
    machine.uncharged(pcpu);
    const { next } = decision;
    if (decision.slice >= 0) {
      const first = firstTimeOf(this.firstSlice, pcpu);
      machine.setTimer(STIMER, pcpu, pcpu, clock < first ? first : clock + decision.slice);
    }
    next.migrated = decision.migrated;
    machine.probe.scheduled(pcpu, prev, decision);
    if (next !== prev) {
      invariant(!next.isRunning, 'a vCPU is chosen by one pCPU at a time');
      this.chosen[pcpu] = next;
      next.isRunning = true;
      next.stateEntryTime = clock;
      if ((prev.pauseFlags & PAUSED_BLOCKED) !== 0) this.changeRunstate(prev, BLOCKED);
      else this.changeRunstate(prev, prev.isRunnable ? RUNNABLE : OFFLINE);
      this.changeRunstate(next, RUNNING);
    }
    return next;
  }

  /** What the decision just made takes, up to the context switch if there is one [ns]. */
  scheduleCost(c: Costs, prev: Vcpu, next: Vcpu): Duration {
    const { pcpusSearched, unitsReset, charged } = this.decision;
    const base = next === prev ? c.scheduleSame : prev.isIdle ? c.scheduleFromIdle : c.schedule;
    const grown = pcpusSearched * c.balancePcpu + unitsReset * c.resetUnit;
    return base + c.ratelimitCheck + (charged ? c.burnCredits : 0) + grown;
  }

  /** unit_context_saved: `vcpu` was switched out and is not running any more. */
  contextSaved(vcpu: Vcpu): void {
    vcpu.isRunning = false;
    vcpu.stateEntryTime = this.machine.clock;
    this.machine.scheduler.contextSaved(vcpu);
    if (vcpu.awaitedBy !== undefined) this.tellOff(vcpu);
    if (!vcpu.isIdle) this.migrateFinish(vcpu);
  }

  /** Whoever spins until `vcpu` is off its pCPU goes on. */
  private tellOff(vcpu: Vcpu): void {
    const user = vcpu.awaitedBy;
    vcpu.awaitedBy = undefined;
    user?.granted();
  }

  /** Moves a vCPU that is being created to the next pCPU in turn (sched_select_initial_cpu). */
  initialProcessor(previous: Vcpu | undefined): number {
    const { online } = this.machine;
    return previous === undefined ? online.first() : online.cycle(previous.processor);
  }

  /** Time `vcpu` has spent in `state` so far (vcpu_runstate_get) [ns]. */
  timeIn(vcpu: Vcpu, state: Runstate): Duration {
    const open = vcpu.runstate === state ? this.machine.now - vcpu.runstateSince : 0;
    return vcpu.runstateTime[state] + open;
  }

  /** vcpu_runstate_change. */
  private changeRunstate(vcpu: Vcpu, state: Runstate): void {
    const now: Time = this.machine.now;
    this.machine.probe.runstateChanged(vcpu, state);
    vcpu.runstateTime[vcpu.runstate] += now - vcpu.runstateSince;
    vcpu.runstateSince = now;
    vcpu.runstate = state;
  }
}
