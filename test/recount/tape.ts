import type { Duration, Time } from '../../src/engine/time.ts';
import type { PcpuMode } from '../../src/hypervisor/cpu/pcpu-mode.ts';
import type { DeferredRequest } from '../../src/hypervisor/jobs/deferred-job.ts';
import type { JobRun } from '../../src/hypervisor/jobs/job-run.ts';
import type { Machine } from '../../src/hypervisor/machine/machine.ts';
import type { Runstate, Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import type { Activity } from '../../src/hypervisor/paths/activity.ts';
import type { Decision } from '../../src/hypervisor/ports.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import type { P2m } from '../../src/memory/p2m.ts';

/** Something that happened, in the order in which it happened. What the numbers are depends on `what`. */
export interface Fact {
  /** Its place in the order. */
  readonly number: number;
  readonly at: Time;
  readonly what: What;
  /** Of a pCPU: its number; else -1. */
  readonly pcpu: number;
  /** Of a guest's vCPU: its global number; negative: an idle one, or none. */
  readonly vcpu: number;
  readonly a: number;
  readonly b: number;
}

/** What happened; in brackets what `a` and `b` are. */
export type What =
  | 'call' // the guest is asked for its next operation (operation, operand)
  | 'target' // the other vCPU of that operation (its number)
  | 'interrupt' // the guest's interrupt handler has run (when it arms its timer for)
  | 'asleep' // the vCPU waits for something (why: pause flags)
  | 'awake' // it does not any more
  | 'work' // deferred work is given to the vCPU
  | 'worked' // it is done
  | 'poll' // the vCPU blocks (until)
  | 'armed' // a hypervisor timer (slot, expiry)
  | 'disarmed' // (slot)
  | 'fired' // (slot)
  | 'read' // the p2m lock of the vCPU that flushes is had for reading
  | 'unread'
  | 'came' // an event for the vCPU (when it was due)
  | 'entered' // the vCPU executes its next guest instruction (work left, softirqs left)
  | 'activity' // of the pCPU, whose current vCPU that is (activity)
  | 'mode' // of the pCPU (mode)
  | 'moved' // the vCPU (to pCPU)
  | 'runstate' // (old, new)
  | 'parked' // (1: parked, 0: unparked)
  | 'raised' // softirq (number, who raised it: pCPU)
  | 'started' // softirq (number)
  | 'scheduled' // schedule() chose the vCPU (1: another than before)
  | 'handler' // of an interrupt
  | 'flush' // begins, or goes on
  | 'walk' // a call of it begins (the number of the p2m as it is then)
  | 'handed' // to the tasklet of the pCPU
  | 'preempted'
  | 'flushed' // (, pCPU that did it)
  | 'fault'
  | 'undef';

const SLEEPING = (1 << 0) | (1 << 1) | (1 << 2);

/** Writes down what a machine does. It looks at the machine from outside, and takes no latency from anybody. */
export class Tape extends Probe {
  readonly facts: Fact[] = [];
  /** What the calls of flushes go over. */
  readonly p2ms: Pick<P2m, 'runs' | 'lowestMappedGfn' | 'maxMappedGfn'>[] = [];
  private machine: Machine | undefined;

  private note(what: What, pcpu: number, vcpu: number, a = 0, b = 0): void {
    if (this.machine === undefined) return;
    const { facts } = this;
    facts.push({ number: facts.length, at: this.machine.now, what, pcpu, vcpu, a, b });
  }

  /** Begins to write. */
  override attached(machine: Machine): void {
    this.machine = machine;
    for (const { id, activity, current, softirqPending, mode } of machine.pcpus) {
      this.note('activity', id, current.id, activity);
      this.note('mode', id, current.id, mode);
      for (let nr = 0; nr < 8; nr++) {
        if ((softirqPending >> nr) & 1) this.note('raised', id, -1, nr, id);
      }
    }
    for (const vcpu of machine.vcpus) {
      this.note('moved', -1, vcpu.id, vcpu.processor);
      this.watchGuest(vcpu);
      this.watchLock(vcpu);
      this.watchDeferred(vcpu);
    }
    for (const { id, tasklets } of machine.pcpus) {
      tasklets.push = (...handed) => {
        for (const { run } of handed) this.note('handed', id, run.owner?.id ?? -1);
        return Array.prototype.push.apply(tasklets, handed);
      };
    }
    // What was armed while the machine was built.
    const { timers } = machine as unknown as {
      timers: { ownerOf?: Int16Array; expiryOf(slot: number): Time };
    };
    timers.ownerOf?.forEach((pcpu, slot) => {
      if (pcpu >= 0) this.note('armed', pcpu, -1, slot, timers.expiryOf(slot));
    });
    this.watchMachine(machine);
  }

  private watchGuest(vcpu: Vcpu): void {
    const { guest } = vcpu;
    if (guest === undefined) return;
    const { next, interrupt } = guest;
    guest.next = (...args) => {
      const op = next.apply(guest, args);
      this.note('call', vcpu.processor, vcpu.id, op, vcpu.operand);
      this.note('target', vcpu.processor, vcpu.id, vcpu.target);
      return op;
    };
    if (interrupt === undefined) return;
    guest.interrupt = (...args) => {
      const expiry = interrupt.apply(guest, args);
      this.note('interrupt', vcpu.processor, vcpu.id, expiry);
      return expiry;
    };
  }

  /** The lock of a domain is one object, or one per vCPU: whoever flushes, the lock says on which pCPU. */
  private watchLock({ p2mLock: lock, domain }: Vcpu): void {
    if (Object.hasOwn(lock, 'read')) return;
    const { read, endRead } = lock;
    const owner = (pcpu: number) => {
      const { current, tasklets } = this.pcpu(pcpu);
      return current.domain === domain ? current.id : (tasklets[0]?.run.owner?.id ?? -1);
    };
    lock.read = (user, now) => {
      const { id } = user as unknown as { id: number };
      const own = owner(id);
      const had = read.call(lock, user, now);
      if (had) this.note('read', id, own);
      else {
        const { granted } = user;
        user.granted = () => {
          user.granted = granted;
          this.note('read', id, own);
          granted.call(user);
        };
      }
      return had;
    };
    lock.endRead = (user, now) => {
      const { id } = user as unknown as { id: number };
      this.note('unread', id, owner(id));
      return endRead.call(lock, user, now);
    };
  }

  /** Work is given to the vCPU where somebody adds to it. */
  private watchDeferred(vcpu: Vcpu): void {
    const work = vcpu.standing('deferred').work as DeferredRequest;
    const { add } = work;
    work.add = (length) => {
      this.note('work', vcpu.processor, vcpu.id);
      add.call(work, length);
    };
  }

  private watchMachine(machine: Machine): void {
    const { core } = machine;
    const { setTimer, stopTimer } = machine;
    machine.setTimer = (kind, index, pcpu, expiry) => {
      this.note('armed', pcpu, -1, machine.slot(kind, index), expiry);
      setTimer.call(machine, kind, index, pcpu, expiry);
    };
    machine.stopTimer = (kind, index) => {
      this.note('disarmed', -1, -1, machine.slot(kind, index));
      stopTimer.call(machine, kind, index);
    };
    for (const name of ['unblock', 'start', 'unblockInXen'] as const) {
      const wakes = core[name];
      core[name] = (vcpu: Vcpu) => {
        const slept = vcpu.pauseFlags & SLEEPING;
        if (name === 'start' && slept & 2) this.note('awake', vcpu.processor, vcpu.id, slept);
        if (name === 'unblock' && slept & 1) this.note('awake', vcpu.processor, vcpu.id, slept);
        if (name === 'unblockInXen' && slept & 4)
          this.note('awake', vcpu.processor, vcpu.id, slept);
        wakes.call(core, vcpu);
      };
    }
    const { blockFor } = core;
    core.blockFor = (vcpu, duration) => {
      this.note('poll', vcpu.processor, vcpu.id, machine.now + duration);
      blockFor.call(core, vcpu, duration);
    };
  }

  private pcpu(id: number) {
    if (this.machine === undefined) throw new Error('a tape is attached');
    return this.machine.pcpus[id];
  }

  override eventDue(vcpu: Vcpu, due: Time): void {
    this.note('came', vcpu.processor, vcpu.id, due);
  }
  override guestEntered(vcpu: Vcpu): void {
    const { softirqPending } = this.pcpu(vcpu.processor);
    this.note('entered', vcpu.processor, vcpu.id, vcpu.hasWork ? 1 : 0, softirqPending);
  }
  override activityChanged(pcpu: number, activity: Activity, current: Vcpu): void {
    this.note('activity', pcpu, current.id, activity);
  }
  override modeChanged(pcpu: number, mode: PcpuMode): void {
    this.note('mode', pcpu, this.machine?.pcpus[pcpu].current.id ?? -1, mode);
  }
  override migrated(vcpu: Vcpu, _from: number, to: number): void {
    this.note('moved', -1, vcpu.id, to);
  }
  override runstateChanged(vcpu: Vcpu, state: Runstate): void {
    if (!vcpu.isIdle) this.note('runstate', vcpu.processor, vcpu.id, vcpu.runstate, state);
  }
  override parked(vcpu: Vcpu, parked: boolean): void {
    this.note('parked', vcpu.processor, vcpu.id, parked ? 1 : 0, vcpu.pauseFlags & SLEEPING);
  }
  override softirqRaised(pcpu: number, nr: number): void {
    this.note('raised', pcpu, -1, nr, this.machine?.here);
  }
  override softirqStarted(pcpu: number, nr: number): void {
    this.note('started', pcpu, -1, nr);
  }
  override scheduled(pcpu: number, prev: Vcpu, { next }: Decision): void {
    this.note('scheduled', pcpu, next.id, next === prev ? 0 : 1);
  }
  override interruptStarted(pcpu: number): void {
    this.note('handler', pcpu, -1);
  }
  override timerFired(pcpu: number, kind: number, _late: Duration, index: number): void {
    this.note('fired', pcpu, -1, this.machine?.slot(kind, index));
  }
  override jobVisited({ job }: JobRun, vcpu: Vcpu): void {
    if (job.name === 'flush') this.note('flush', vcpu.processor, vcpu.id);
  }
  override jobStarted({ job, owner, work }: JobRun, pcpu: number, elapsed: Duration): void {
    if (job.name !== 'flush') return;
    this.note('flush', pcpu, owner?.id ?? -1);
    if (elapsed > 0) return;
    const { p2m } = (work as unknown as { chunks: { p2m: P2m } }).chunks;
    const { runs, lowestMappedGfn, maxMappedGfn } = p2m;
    this.note('walk', pcpu, owner?.id ?? -1, this.p2ms.length);
    this.p2ms.push({ runs: [...runs], lowestMappedGfn, maxMappedGfn });
  }
  override jobHit({ job, owner }: JobRun): void {
    if (job.name === 'flush') this.note('preempted', owner?.processor ?? -1, owner?.id ?? -1);
  }
  override jobDone({ job, owner }: JobRun, pcpu: number): void {
    const [place, id] = [owner?.processor ?? -1, owner?.id ?? -1];
    if (job.name === 'flush') this.note('flushed', place, id, 0, pcpu);
    if (job.name === 'deferred') this.note('worked', place, id);
  }
  override faultResolved(vcpu: Vcpu): void {
    this.note('fault', vcpu.processor, vcpu.id);
  }
  override undefInjected(vcpu: Vcpu): void {
    this.note('undef', vcpu.processor, vcpu.id);
  }
}
