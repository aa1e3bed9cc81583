import { invariant } from '../../engine/invariant.ts';
import { type Duration, NEVER, type Time } from '../../engine/time.ts';
import type { JobRun } from '../jobs/job-run.ts';
import type { Machine } from '../machine/machine.ts';
import { IN_LOCK, IN_PATH } from '../paths/activity.ts';
import type { Pcpu } from './pcpu.ts';

/**
 * What a pCPU is busy with in the hypervisor: a step of a path that takes its time, spinning for a lock, or chunked
 * work. It ends by an event; an interrupt suspends it, and it goes on where it was.
 */
export class Segment {
  private readonly machine: Machine;
  private readonly pcpu: Pcpu;
  /** The slot of the event that ends it. */
  private slot = 0;
  /** Since when it goes on, and how much of it was done by then. */
  private since: Time = 0;
  private elapsed: Duration = 0;
  private length: Duration = 0;
  private suspended = false;
  /** Work is being done, which may be slowed down; other steps are too short to matter. */
  private working = false;
  /** The long work, if it is that. */
  private run: JobRun | undefined;
  /** The work's check point at which it will stop (working time), NEVER if it will end. */
  private stop: Duration = NEVER;

  constructor(machine: Machine, pcpu: Pcpu) {
    this.machine = machine;
    this.pcpu = pcpu;
  }

  /** `length` ns, ended by the event of `slot`. */
  begin(slot: number, length: Duration): void {
    const { machine } = this;
    this.slot = slot;
    this.since = machine.now;
    this.elapsed = 0;
    this.length = length;
    this.suspended = false;
    machine.sim.at(this.slot, this.since + length);
  }

  suspend(): void {
    this.elapsed = this.done();
    this.suspended = true;
    this.machine.sim.cancel(this.slot);
  }

  /** Goes on; work takes note of what has come up meanwhile. */
  resume(): void {
    this.since = this.machine.now;
    this.suspended = false;
    if (this.run !== undefined) this.requestStop();
    this.arm();
  }

  /** Its pace changes. @param change - changes it */
  repace(change: () => void): void {
    const isTimed = this.working && !this.suspended;
    if (isTimed) {
      this.elapsed = this.done();
      this.since = this.machine.now;
    }
    change();
    if (isTimed) this.arm();
  }

  /** How much of it is done by now. */
  private done(): Duration {
    const time = this.machine.now - this.since;
    const { pace } = this.pcpu;
    return this.elapsed + (this.working && pace !== undefined ? pace.doneIn(time) : time);
  }

  /** Lets it end when it is due. */
  private arm(): void {
    const { machine, since, elapsed, length } = this;
    const { pace } = this.pcpu;
    const left = length - elapsed;
    const isSlower = this.working && pace !== undefined && left !== NEVER;
    // Of work that stops where it is some part of a ns may be over.
    const end = isSlower ? Math.max(machine.now, since + pace.timeFor(left)) : since + left;
    machine.sim.at(this.slot, end);
  }

  /** Spins until `endSpin`. */
  beginSpin(): void {
    this.slot = this.pcpu.runSlot;
    this.elapsed = 0;
    this.length = NEVER;
    this.pcpu.setActivity(IN_LOCK);
    this.resume();
  }

  /** What it spins for is there: it ends now, or as soon as it goes on. */
  endSpin(): void {
    this.length = this.suspended ? this.elapsed : this.done();
    if (!this.suspended) this.machine.sim.at(this.slot, this.machine.now);
  }

  /** The next `beginWork` does the work of `run` from working time `elapsed` on. */
  prepareWork(run: JobRun, elapsed: Duration): void {
    this.run = run;
    this.elapsed = elapsed;
  }

  /** Does the prepared work, up to the check point that stops it. */
  beginWork(): void {
    const { run } = this;
    invariant(run !== undefined, 'work is prepared before it begins');
    this.slot = this.pcpu.runSlot;
    this.length = run.work.duration();
    this.stop = NEVER;
    this.working = true;
    this.pcpu.setActivity(run.activity);
    this.resume();
  }

  /** @returns the working time at which the work that has just left off stopped; NEVER if it is complete */
  endWork(): Duration {
    this.run = undefined;
    this.working = false;
    this.pcpu.setActivity(IN_PATH);
    return this.stop;
  }

  /** Something may want the pCPU: work stops at its next test, if it has one left. Steps go on. */
  requestStop(): void {
    const { run } = this;
    if (run === undefined || this.stop !== NEVER || !this.pcpu.wantsJobToStop(run)) return;
    const elapsed = this.suspended ? this.elapsed : this.done();
    const { stopsAnywhere } = run.job;
    const stop = stopsAnywhere ? elapsed : run.work.nextCheck(elapsed);
    // Work may be tested behind its last unit.
    if (stop > this.length || (stopsAnywhere && stop === this.length)) return;
    this.stop = stop;
    this.length = stop;
    if (!this.suspended) this.arm();
  }
}
