import type { Time } from '../../engine/time.ts';
import type { Credit2Runqueue, Credit2Unit } from './runqueue.ts';

/** log2 of the unit in which load averages measure time [log2 ns]. */
const GRANULARITY_SHIFT = 10;

/**
 * C.4 Load averages (update_runq_load, update_svc_load): how many units wanted to run, averaged with a weight
 * that fades over a window. 2^precision stands for a load of 1. In Xen's integer arithmetic; exact as long as
 * window (in 1024 ns) times precision times the number of units stays below 2^53.
 */
export class LoadAverages {
  /** Length of the window [1024 ns]. */
  private readonly window: number;
  private readonly perWindow: number;
  /** The number that stands for a load of 1. */
  readonly one: number;

  constructor(windowShift: number, precisionShift: number) {
    this.window = 2 ** (windowShift - GRANULARITY_SHIFT);
    this.perWindow = 1 / this.window;
    this.one = 2 ** precisionShift;
  }

  /** Brings the runqueue's average up to `now`, then adds `change` to its load. */
  updateRunqueue(runqueue: Credit2Runqueue, now: Time, change: number): void {
    const time = this.timeOf(now);
    const { avgload, loadLastUpdate, load } = runqueue;
    runqueue.avgload = this.average(avgload, load, time, loadLastUpdate);
    runqueue.load = load + change;
    runqueue.loadLastUpdate = time;
  }

  /** Brings the unit's average up to `now`, at which it begins (+1), ends (-1) or goes on (0) to be load. */
  updateUnit(unit: Credit2Unit, now: Time, change: number): void {
    const time = this.timeOf(now);
    let load = unit.vcpu.isRunnable ? 1 : 0;
    if (change !== 0) load = change < 0 ? 1 : 0;
    unit.avgload = this.average(unit.avgload, load, time, unit.loadLastUpdate);
    unit.loadLastUpdate = time;
  }

  /** Both, of a unit and its runqueue. */
  update(unit: Credit2Unit, now: Time, change: number): void {
    this.updateRunqueue(unit.runqueue, now, change);
    this.updateUnit(unit, now, change);
  }

  /** `now` in the unit of the averages [1024 ns]. */
  timeOf(now: Time): number {
    return Math.floor(now / 2 ** GRANULARITY_SHIFT);
  }

  private average(average: number, load: number, time: number, last: number): number {
    const { one, perWindow } = this;
    if (last + this.window < time) return load * one;
    const delta = Math.max(0, time - last);
    const gain = Math.floor(delta * load * one * perWindow);
    return average + gain - Math.floor(delta * average * perWindow);
  }
}
