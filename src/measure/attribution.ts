import { invariant } from '../engine/invariant.ts';
import type { Time } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import type { Activity } from '../hypervisor/paths/activity.ts';
import { CAUSE_BEHIND, CAUSE_OWN, FORGOTTEN, TIMER } from './causes.ts';
import { ChangeLog } from './change-log.ts';
import type { SampleRow } from './sample-row.ts';

/** In place of a vCPU: of something that waits for the pCPU itself. Idle vCPUs, all of them negative, count as this. */
export const NO_VCPU = -1;

/** Changes remembered per pCPU: about a second of a busy one. */
const ACTIVITIES_REMEMBERED = { first: 2 ** 10, max: 2 ** 16 };
/** Moves remembered per vCPU. */
const MOVES_REMEMBERED = { first: 2 ** 4, max: 2 ** 12 };

/** Bits of a pCPU's change that say what its time goes to; those above are the vCPU. */
const ACTIVITY_BITS = 5;
const ACTIVITY_MASK = (1 << ACTIVITY_BITS) - 1;

/** Says what the time of a latency went to. */
export class Attribution {
  private readonly sample: SampleRow;
  /** By pCPU: what its time goes to, and whose vCPU is current. */
  private readonly activities: readonly ChangeLog[];
  /** By vCPU: the pCPU it is on. */
  private readonly places: readonly ChangeLog[];
  /** By vCPU: when its timer was due that was served last, and when the softirq was raised that served it. */
  private readonly timerDue: Float64Array;
  private readonly timerRaised: Float64Array;

  /** @param sample - takes the causes of the latency attributed last: overwritten by the next */
  constructor(pcpus: number, vcpus: readonly Vcpu[], sample: SampleRow) {
    this.sample = sample;
    this.activities = Array.from({ length: pcpus }, () => new ChangeLog(ACTIVITIES_REMEMBERED));
    this.places = vcpus.map(({ processor }) => {
      const log = new ChangeLog(MOVES_REMEMBERED);
      log.note(0, processor);
      return log;
    });
    this.timerDue = new Float64Array(vcpus.length).fill(Number.NaN);
    this.timerRaised = new Float64Array(vcpus.length);
  }

  activityChanged(now: Time, pcpu: number, activity: Activity, vcpu: number): void {
    this.activities[pcpu].note(now, (vcpu << ACTIVITY_BITS) | activity);
  }

  moved(now: Time, vcpu: number, to: number): void {
    this.places[vcpu].note(now, to);
  }

  /** The timer of `vcpu`, due at `due`, was served by the softirq raised at `raised`. */
  timerServed(vcpu: number, due: Time, raised: Time): void {
    this.timerDue[vcpu] = due;
    this.timerRaised[vcpu] = raised;
  }

  /**
   * Finds the causes of a latency from `start` to `end`, not later than now: of `vcpu`, wherever it was; NO_VCPU: of
   * something that waited for `pcpu`. They sum to the latency.
   */
  attribute(vcpu: number, pcpu: number, start: Time, end: Time): void {
    const { sample } = this;
    sample.clearCauses();
    if (vcpu < 0) {
      this.add(pcpu, NO_VCPU, start, end);
    } else {
      let from = start;
      if (this.timerDue[vcpu] === start && this.timerRaised[vcpu] > start && end > start) {
        from = Math.min(this.timerRaised[vcpu], end);
        sample.addCause(TIMER, from - start);
      }
      this.addVcpu(vcpu, from, end);
    }
    invariant(sample.causesTotal() === end - start, 'the causes of a latency sum to it');
  }

  /** The same of a timer of `pcpu` that had not fired until `raised`. */
  attributeTimer(pcpu: number, start: Time, raised: Time, end: Time): void {
    this.sample.clearCauses();
    const from = Math.min(Math.max(start, raised), end);
    if (from > start) this.sample.addCause(TIMER, from - start);
    this.add(pcpu, NO_VCPU, from, end);
  }

  /** Adds the causes of the time of a vCPU from `from` to `to`, latest first. */
  private addVcpu(vcpu: number, from: Time, to: Time): void {
    const places = this.places[vcpu];
    const { oldest } = places;
    let end = to;
    for (let i = places.newest; i >= oldest && end > from; i--) {
      // What is forgotten was where it is known to have been first.
      const begin = i === oldest ? from : Math.max(from, places.timeOf(i));
      if (begin >= end) continue;
      this.add(places.whatOf(i), vcpu, begin, end);
      end = begin;
    }
  }

  /** Adds what the time of `pcpu` from `from` to `to` went to, as it was for `waiting`, latest first. */
  private add(pcpu: number, waiting: number, from: Time, to: Time): void {
    const { sample } = this;
    const activities = this.activities[pcpu];
    const { oldest } = activities;
    let end = to;
    for (let i = activities.newest; i >= oldest && end > from; i--) {
      const change = activities.timeOf(i);
      const begin = change > from ? change : from;
      if (begin >= end) continue;
      const what = activities.whatOf(i);
      const activity = what & ACTIVITY_MASK;
      const own = waiting < 0 || what >> ACTIVITY_BITS === waiting;
      sample.addCause(own ? CAUSE_OWN[activity] : CAUSE_BEHIND[activity], end - begin);
      end = begin;
    }
    if (end > from) sample.addCause(FORGOTTEN, end - from);
  }
}
