import type { Duration, Time } from '../engine/time.ts';
import type { PcpuMode } from './cpu/pcpu-mode.ts';
import type { JobRun } from './jobs/job-run.ts';
import type { Machine } from './machine/machine.ts';
import type { Runstate, Vcpu } from './machine/vcpu.ts';
import type { Activity } from './paths/activity.ts';
import type { Decision, TranslationFault, WakeReason } from './ports.ts';
import type { OperationOutcome, ToolstackOperation } from './toolstack/operation.ts';

/**
 * What happens, as it happens, for whoever measures or records; this class listens to nothing, others
 * override what they need. Calls come at the simulated instant, and some while the machine is being built, before
 * `attached`. A probe must not change anything.
 */
export class Probe {
  /** The machine that it listens to has been built, and nothing has run yet. */
  attached(_machine: Machine): void {}
  /** schedule() has decided for `pcpu`. */
  scheduled(_pcpu: number, _prev: Vcpu, _decision: Decision): void {}
  /** The scheduler's wake hook has run; `tickled` are the pCPUs it raised SCHEDULE on, in order. */
  woken(_vcpu: Vcpu, _why: WakeReason, _tickled: readonly number[]): void {}
  /**
   * An event for the vCPU that was due at `due` has come: its virtual timer expired, another vCPU sent it an interrupt or
   * answered its access to a device, its block ended, it is started. It sees it at its next guest instruction.
   */
  eventDue(_vcpu: Vcpu, _due: Time): void {}
  /** The job that the vCPU has begun shall be done at `deadline`; NEVER: at no time. */
  deadlineSet(_vcpu: Vcpu, _deadline: Time): void {}
  /** The vCPU did not get by its deadline what it was promised. */
  deadlineMissed(_vcpu: Vcpu): void {}
  /** The vCPU was unblocked or started, but something else pauses it: the wake hook is not called. */
  wakeSkipped(_vcpu: Vcpu): void {}
  /** The vCPU is about to block for `duration` [ns]. */
  blocking(_vcpu: Vcpu, _duration: Duration): void {}
  yielding(_vcpu: Vcpu): void {}
  /** The vCPU moved between pCPUs. */
  migrated(_vcpu: Vcpu, _from: number, _to: number, _why: string): void {}
  /** The scheduler asked the running vCPU to leave its pCPU. */
  kicked(_vcpu: Vcpu, _by: string): void {}
  parked(_vcpu: Vcpu, _parked: boolean): void {}
  /** A scheduler's timer handler has run. */
  timerHandled(_kind: number, _index: number): void {}
  /** The time table `index` was set, or refused. */
  tableSet(_index: number, _accepted: boolean): void {}
  /** The toolstack begins its operation `index`. */
  operationBegins(_index: number, _operation: ToolstackOperation): void {}
  /** The operation has ended; softirqs that it raised may be pending. */
  operationEnded(
    _index: number,
    _operation: ToolstackOperation,
    _outcome: OperationOutcome,
  ): void {}
  /** Anything that only one scheduler has (e.g. credit2's reset). */
  schedulerEvent(_name: string, _pcpu: number): void {}
  /** The time of `pcpu` goes to something else, or is another vCPU's, from now on. */
  activityChanged(_pcpu: number, _activity: Activity, _current: Vcpu): void {}
  softirqRaised(_pcpu: number, _nr: number): void {}
  /** A softirq's handler starts on `pcpu`, `latency` ns after it was raised. */
  softirqStarted(_pcpu: number, _nr: number, _latency: Duration): void {}
  /** A hypervisor timer's callback starts, `lateness` ns after its expiry. */
  timerFired(_pcpu: number, _kind: number, _lateness: Duration, _index: number): void {}
  /** The vCPU executes its first guest instruction after a stay in the hypervisor. */
  guestEntered(_vcpu: Vcpu): void {}
  /**
   * A guest measured something itself, e.g. how late its timer interrupt was.
   * @param _began - when what it measured began; absent: `_latency` ago
   */
  guestSample(_vcpu: Vcpu, _kind: string, _latency: Duration, _began?: Time): void {}
  /** `vcpu` goes from `vcpu.runstate` to `state`; idle vCPUs too. */
  runstateChanged(_vcpu: Vcpu, _state: Runstate): void {}
  /** `pcpu` does something else from now on; also called at the end of a run, with what it is doing. */
  modeChanged(_pcpu: number, _mode: PcpuMode): void {}
  /** Another thread of the core of `pcpu` has begun, or left off, idling: from now on, behind this, work gets on at another pace. */
  paceChanges(_pcpu: number): void {}
  /** The entry of the handler of interrupt `line` (IRQ_*) begins on `pcpu`. */
  interruptStarted(_pcpu: number, _line: number): void {}
  /** The handler of softirq `nr`, of any, has ended on `pcpu`: for SCHEDULE, on the stack that was switched to. */
  softirqEnded(_pcpu: number, _nr: number): void {}
  /** `vcpu` begins the return path to its guest, which ends with mode GUEST. */
  returnStarted(_vcpu: Vcpu): void {}
  /** Something happened to a guest that is counted by `name`, `count` times. */
  guestCounted(_vcpu: Vcpu, _name: string, _count: number): void {}
  /** The locks of a call of a job are given back, which were held for `duration` ns; `vcpu` is whose time that is. */
  lockHeld(_vcpu: Vcpu, _duration: Duration): void {}
  /** `vcpu` cannot have the p2m lock: its pCPU begins to spin for it. */
  lockSpins(_vcpu: Vcpu): void {}
  /** `vcpu` has the p2m lock, for which its pCPU span for `duration` ns. */
  lockWaited(_vcpu: Vcpu, _duration: Duration): void {}
  /** A stage-2 fault of `vcpu` is resolved; undefined: nothing was left to resolve. */
  faultResolved(_vcpu: Vcpu, _fault: TranslationFault | undefined): void {}
  /** A Set/Way operation was refused: the guest takes an undefined-instruction exception. */
  undefInjected(_vcpu: Vcpu): void {}
  /** On the stack of its return path `vcpu` begins a job, or goes on with it. */
  jobVisited(_run: JobRun, _vcpu: Vcpu): void {}
  /** `pcpu` begins or goes on with the units of a call of a job, its locks taken, at its working time `elapsed` [ns]. */
  jobStarted(_run: JobRun, _pcpu: number, _elapsed: Duration): void {}
  /** It left off at working time `stop` [ns]; NEVER: the call is at its end. The request has not been told yet. */
  jobLeft(_run: JobRun, _pcpu: number, _stop: Duration): void {}
  /** A test of a job has found something pending. */
  jobHit(_run: JobRun, _pcpu: number): void {}
  /** A request for a job is done. */
  jobDone(_run: JobRun, _pcpu: number): void {}
}
