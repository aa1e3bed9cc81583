import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import { hasSoftAffinity } from '../../hypervisor/machine/machine-view.ts';
import { type Credit2Caps, MIN_TIMER } from './caps.ts';
import { CREDIT_INIT, type Credit2Unit } from './runqueue.ts';
import type { Credit2State } from './state.ts';

/** The longest slice [ns]. */
const MAX_TIMER = CREDIT_INIT;

/** C.9 What runs next, and for how long. */
export class Credit2Choose {
  /** The last search passed over units that wait, for reasons other than credit. */
  skipped = false;
  /** The rate limit decided the last search. */
  ratelimited = false;
  private readonly state: Credit2State;
  private readonly caps: Credit2Caps;
  private readonly mask: CpuMask;

  constructor(state: Credit2State, caps: Credit2Caps) {
    this.state = state;
    this.caps = caps;
    this.mask = new CpuMask(state.machine.pcpuCount);
  }

  /** The unit to run on `cpu`, still on its queue unless it is `current` (runq_candidate). */
  candidate(cpu: number, current: Credit2Unit): Credit2Unit {
    this.skipped = false;
    const { vcpu, yielded } = current;
    const idle = this.state.unit(this.state.machine.idle(cpu));
    this.ratelimited = false;
    if (vcpu.isIdle) return this.search(cpu, idle, false);
    current.yielded = false;
    this.ratelimited = !yielded && this.isRatelimited(current);
    if (this.ratelimited) return current;
    const stays = vcpu.isRunnable && !this.couldRunSofter(cpu, current);
    return this.search(cpu, stays ? current : idle, yielded);
  }

  /** The idle unit, because a tasklet waits on `cpu`. */
  idleForTasklet(cpu: number, current: Credit2Unit): Credit2Unit {
    this.skipped = false;
    this.ratelimited = false;
    current.yielded = false;
    return this.state.unit(this.state.machine.idle(cpu));
  }

  private isRatelimited({ vcpu }: Credit2Unit): boolean {
    const { machine, ratelimit } = this.state;
    return vcpu.isRunnable && machine.clock - vcpu.stateEntryTime < ratelimit;
  }

  /** It runs outside its soft affinity while a pCPU within is idle. */
  private couldRunSofter(cpu: number, { vcpu, runqueue }: Credit2Unit): boolean {
    const { mask } = this;
    if (!hasSoftAffinity(this.state.machine, vcpu)) return false;
    mask.setToAnd(vcpu.hardAffinity, vcpu.softAffinity);
    if (mask.has(cpu)) return false;
    const { online } = this.state.machine;
    return !mask.and(runqueue.idle).and(online).andNot(runqueue.tickled).isEmpty();
  }

  /**
   * The first unit of the queue that is better than `fallback` and may run here, else `fallback`. Queued units are
   * runnable, unless their domain is being paused at this moment.
   */
  private search(cpu: number, fallback: Credit2Unit, yielded: boolean): Credit2Unit {
    const { params, rules } = this.state;
    const { queue, tickled } = this.state.runqueueOf(cpu);
    for (let i = 0; i < queue.length; ) {
      const unit = queue[i];
      const { tickledPcpu, vcpu } = unit;
      const paused = rules.skipsUnrunnable && !vcpu.isRunnable;
      const here = vcpu.hardAffinity.has(cpu);
      const elsewhere = tickledPcpu !== NO_PCPU && tickled.has(tickledPcpu);
      const resists =
        vcpu.processor !== cpu && fallback.credit + params.migrateResist > unit.credit;
      if (paused || !here || elsewhere || resists) {
        this.skipped = true;
        i++;
        continue;
      }
      if (!yielded && unit.credit <= fallback.credit) return fallback;
      // A unit without budget leaves the queue.
      if (this.caps.grab(unit)) return unit;
      if (!rules.searchesPastParked) return fallback;
    }
    return fallback;
  }

  /**
   * How long `pick` may run on its pCPU before the next decision [ns], -1 if it is idle (csched2_runtime).
   * @param preempted - credit of the unit it has preempted, which is about to wait; 0 if none
   */
  slice(pick: Credit2Unit, preempted: number): number {
    const { vcpu, runqueue } = pick;
    if (vcpu.isIdle) return -1;
    const least = this.leastSlice(pick);
    const [head] = runqueue.queue;
    let next = head === undefined ? 0 : Math.max(0, head.credit);
    if (this.state.rules.sliceMindsPreempted) next = Math.max(next, preempted);
    // A difference of ints, which wraps.
    const time = Math.min(runqueue.timeOf((pick.credit - next) | 0, pick), pick.budget);
    return time < least ? least : Math.min(time, MAX_TIMER);
  }

  /** Even if it costs more credit or budget than there is. */
  private leastSlice({ vcpu }: Credit2Unit): number {
    const { machine, ratelimit } = this.state;
    const ran = vcpu.isRunning ? machine.clock - vcpu.stateEntryTime : 0;
    return Math.max(MIN_TIMER, ratelimit - ran);
  }
}
