import { invariant } from '../../engine/invariant.ts';
import type { Time } from '../../engine/time.ts';
import type { JobRun } from '../jobs/job-run.ts';
import type { Tasklet } from '../jobs/jobs.ts';
import type { Costs } from '../machine/costs.ts';
import { RUN, SOFTIRQ } from '../machine/event-kinds.ts';
import type { Machine } from '../machine/machine.ts';
import type { LockUser } from '../machine/rw-lock.ts';
import { TRAP_IRQ, type Vcpu } from '../machine/vcpu.ts';
import { type Activity, IN_GUEST, IN_IDLE, IN_INTERRUPT, IN_PATH } from '../paths/activity.ts';
import {
  DISPATCH,
  ENTER_GUEST,
  OPEN,
  SERVED,
  SOFTIRQS,
  SPIN,
  SWITCHED,
  WAIT,
  WORK,
} from '../paths/path.ts';
import { workOfTrap } from '../paths/set-way.ts';
import { GuestMode } from './guest-mode.ts';
import { Interrupts, IRQ_SGI } from './interrupts.ts';
import type { Pace } from './pace.ts';
import { GUEST, HYPERVISOR, IDLE, INTERRUPT, type PcpuMode } from './pcpu-mode.ts';
import { Segment } from './segment.ts';
import type { SharedCore } from './shared-core.ts';
import { lowestSoftirq } from './softirq.ts';
import { UnchargedTime } from './uncharged-time.ts';

/** Most traps that guests may make without any time passing: more is a guest that never gets on. */
const TRAPS_PER_INSTANT_MAX = 1_000_000;

/**
 * A physical CPU: drives the hypervisor stack of its current vCPU, takes interrupts on top of it, and runs guest code.
 *
 * At any time it is busy with one *segment*, which ends by an event of its own: a step of a hypervisor path, a stretch of
 * chunked work, or a guest operation. An interrupt suspends it and, if that was the hypervisor's, resumes it afterwards; from the
 * guest it leads into the return path.
 */
export class Pcpu implements LockUser {
  readonly id: number;
  /** The event that ends what it is busy with. */
  readonly runSlot: number;
  readonly idle: Vcpu;
  /** Whose hypervisor stack is in use. */
  current: Vcpu;
  /** What steps cost here since it came to the hypervisor, from a guest or from waiting, or switched to another vCPU. */
  costs: Costs;
  /** Draws them anew; undefined: they do not vary. */
  private readonly drawCosts: (() => Costs) | undefined;
  mode: PcpuMode = HYPERVISOR;
  /** Softirqs raised and not yet handled, by number. */
  softirqPending = 0;
  /** When each pending softirq was raised [ns]. */
  readonly raisedAt = new Float64Array(8);
  /** Time spent in each mode up to `modeSince` [ns]. */
  readonly timeIn = new Float64Array(4);
  private modeSince: Time = 0;
  /** What its time goes to, and did when the interrupt came. */
  activity: Activity = IN_PATH;
  private interruptedActivity: Activity = IN_PATH;
  /** Synchronous traps from the guest. */
  trapCount = 0;
  private trapsAtOnce = 0;
  private lastTrapAt: Time = 0;
  private readonly machine: Machine;
  readonly guestMode: GuestMode;
  /** What it is busy with in the hypervisor. */
  readonly segment: Segment;
  readonly interrupts: Interrupts;
  readonly uncharged = new UnchargedTime();
  /** Its core, if the threads of that slow each other down, and how fast this one gets on. */
  core: SharedCore | undefined;
  pace: Pace | undefined;
  /** Jobs that were handed over to the idle vCPU, first come, first served. */
  readonly tasklets: Tasklet[] = [];
  /** The scheduler has been told of them, so the idle vCPU may work on them. */
  taskletScheduled = false;
  /** Jobs that its RCU softirq, and its idle loop, have to do, in their order. */
  readonly softirqJobs: JobRun[] = [];
  readonly idleJobs: JobRun[] = [];
  /** The job of which a call is being carried out here. */
  job: JobRun | undefined;

  /** Hypervisor code is being run, and is to go on when it has left off. */
  private driving = false;
  private goesOn = false;
  constructor(machine: Machine, id: number, idle: Vcpu, drawCosts: (() => Costs) | undefined) {
    this.machine = machine;
    this.id = id;
    this.runSlot = machine.slot(RUN, id);
    this.idle = idle;
    this.current = idle;
    this.costs = machine.costs;
    this.drawCosts = drawCosts;
    this.guestMode = new GuestMode(machine, this);
    this.segment = new Segment(machine, this);
    this.interrupts = new Interrupts(machine, this);
  }

  // ---- Softirqs ------------------------------------------------------------------------------------------

  /**
   * Raises softirq `nr` here (cpu_raise_softirq): the bit first, then, unless it was already set or this
   * pCPU is in the hypervisor itself, an SGI that makes it check.
   */
  raise(nr: number): void {
    const { machine } = this;
    const bit = 1 << nr;
    if ((this.softirqPending & bit) !== 0) return;
    this.softirqPending |= bit;
    this.raisedAt[nr] = machine.now;
    machine.probe.softirqRaised(this.id, nr);
    this.segment.requestStop();
    if (machine.here !== this.id) machine.sendSgi(this);
    else if (this.mode === GUEST || this.mode === IDLE) this.interrupts.raise(IRQ_SGI);
  }

  /** Takes the lowest pending softirq that is not among `ignored`: clears its bit and returns its number. */
  takeSoftirq(ignored: number): number {
    const nr = lowestSoftirq(this.softirqPending & ~ignored);
    this.softirqPending &= ~(1 << nr);
    this.machine.probe.softirqStarted(this.id, nr, this.machine.now - this.raisedAt[nr]);
    return nr;
  }

  /** The job that runs here has a reason to stop at its next test. */
  wantsJobToStop(run: JobRun): boolean {
    const { job } = run;
    if (job.hit === 'process-softirqs')
      return (this.softirqPending & ~(1 << this.machine.softirqSchedule)) !== 0;
    if (this.softirqPending !== 0) return true;
    if (job.testsEvents && this.current.canTakeVirq) return true;
    if (job.givesWay && this.current.hasWorkBefore(run)) return true;
    return job.testsLocks && run.locks.some((lock) => lock.isContended);
  }

  // ---- Locks ---------------------------------------------------------------------------------------------

  granted(): void {
    this.segment.endSpin();
  }

  contended(): void {
    if (this.job?.job.testsLocks) this.segment.requestStop();
  }

  // ---- Interrupts ----------------------------------------------------------------------------------------

  /** Nothing would come of an SGI that takes no time: it finds its bit and softirqs run later anyway. */
  get ignoresFreeSgi(): boolean {
    return this.mode === HYPERVISOR || this.mode === INTERRUPT;
  }

  /** Leaves what runs for the handlers of interrupts. */
  suspend(): void {
    if (this.mode === HYPERVISOR) return this.segment.suspend();
    this.renewCosts();
    if (this.mode !== GUEST) return;
    this.guestMode.suspend();
    this.current.trap = TRAP_IRQ;
    this.current.stayFor = undefined;
  }

  /** `vcpu` has to fetch its instructions through the p2m anew, if it executes in the guest here. */
  refetch(vcpu: Vcpu): void {
    if (this.mode !== GUEST || this.current !== vcpu) return;
    if (vcpu.stageTwo?.faults(vcpu.codeGfn)) this.guestMode.refetch(vcpu);
  }

  // ---- Hypervisor code -----------------------------------------------------------------------------------

  /** A guest's operation traps: `vcpu.trap` says which. */
  enterByTrap(): void {
    const { now } = this.machine;
    this.trapCount++;
    const { current } = this;
    current.trappedAt = now;
    current.stayFor = workOfTrap(this.machine, current);
    this.renewCosts();
    if (now > this.lastTrapAt) this.trapsAtOnce = 0;
    this.lastTrapAt = now;
    if (++this.trapsAtOnce > TRAPS_PER_INSTANT_MAX) {
      throw new RangeError(`pCPU ${this.id} takes ${TRAPS_PER_INSTANT_MAX} traps in no time`);
    }
    this.enterHypervisor();
  }

  /** Goes on with the hypervisor stack of the current vCPU, interrupts masked. */
  enterHypervisor(): void {
    this.setMode(HYPERVISOR);
    this.interrupts.mask();
    // From within drive(), where a guest traps at once: it goes on there, so that traps do not nest.
    if (this.driving) this.goesOn = true;
    else this.drive();
  }

  /** The event that ends the segment (kind RUN or SOFTIRQ). */
  segmentEnded(): void {
    if (this.mode === GUEST) this.guestMode.operationEnded();
    else if (this.mode === INTERRUPT) this.interrupts.partEnded();
    else this.drive();
  }

  /** Runs hypervisor code until it takes time, waits, or enters the guest. */
  private drive(): void {
    this.driving = true;
    do {
      this.goesOn = false;
      this.driveOnce();
    } while (this.goesOn);
    this.driving = false;
  }

  private driveOnce(): void {
    for (;;) {
      const { current } = this;
      const { stack, softirqs } = current;
      invariant(stack !== undefined && softirqs !== undefined, 'a vCPU that runs has a stack');
      const step = softirqs.isActive ? softirqs.goOn() : (stack.next().value as number);
      if (step >= 0) return this.segment.begin(this.runSlot, step);
      switch (step) {
        case SWITCHED:
        case SERVED:
          continue;
        case SOFTIRQS:
          softirqs.begin();
          continue;
        case DISPATCH: {
          const slot = this.machine.slot(SOFTIRQ, this.id);
          return this.segment.begin(slot, this.costs.softirqDispatch);
        }
        case ENTER_GUEST:
          this.setMode(GUEST);
          if (this.interrupts.arePending) this.interrupts.take();
          else this.guestMode.enter();
          return;
        case WAIT:
          this.setMode(IDLE);
          if (this.interrupts.arePending) this.interrupts.take();
          return;
        case OPEN:
          this.segment.begin(this.runSlot, 0);
          this.interrupts.take();
          return;
        case WORK:
          return this.segment.beginWork();
        case SPIN:
          return this.segment.beginSpin();
        default:
          throw new RangeError(`unknown step ${step}`);
      }
    }
  }

  // ---- Time ----------------------------------------------------------------------------------------------

  /** Notes what its time goes to from now on. */
  setActivity(activity: Activity): void {
    if (activity === this.activity) return;
    this.activity = activity;
    this.machine.probe.activityChanged(this.id, activity, this.current);
  }

  /** Somebody else's code and data are used from now on: the hypervisor's, after a guest, or another vCPU's. */
  renewCosts(): void {
    if (this.drawCosts !== undefined) this.costs = this.drawCosts();
  }

  /** What its time goes to when it goes over to `mode`. */
  private activityIn(mode: PcpuMode): Activity {
    if (mode === GUEST) return IN_GUEST;
    if (mode === IDLE) return IN_IDLE;
    if (mode === INTERRUPT) {
      this.interruptedActivity = this.activity;
      return IN_INTERRUPT;
    }
    const back = this.mode === INTERRUPT && this.interrupts.interrupted === HYPERVISOR;
    return back ? this.interruptedActivity : IN_PATH;
  }

  /** Notes what the pCPU does from now on. */
  setMode(mode: PcpuMode): void {
    const now = this.machine.now;
    this.timeIn[this.mode] += now - this.modeSince;
    if (this.mode === GUEST) this.current.guestTime += now - this.modeSince;
    if (mode !== this.mode) this.setActivity(this.activityIn(mode));
    this.modeSince = now;
    this.mode = mode;
    this.machine.probe.modeChanged(this.id, mode);
    this.core?.modeChanged();
  }
}
