import type { Time } from '../engine/time.ts';
import type { TraceClock } from './trace-clock.ts';
import type { VcpuHistory } from './vcpu-history.ts';
import type { Loss } from './xentrace-reader.ts';

/** Since when what is known of vCPUs may be outdated, because records about them may have been lost. */
export class Doubts {
  private readonly losses: readonly Loss[];
  private readonly clock: TraceClock;
  /** When those losses that have begun began [ns], and until when records may have been lost [ticks]. */
  private readonly begun: Time[] = [];
  private end = Number.NEGATIVE_INFINITY;

  constructor(losses: readonly Loss[], clock: TraceClock) {
    this.losses = losses;
    this.clock = clock;
  }

  /** Time goes on to a record: nothing that is known of a vCPU is sure once a loss has begun. */
  advance(ticks: number, before: Time): void {
    for (;;) {
      const next = this.losses.at(this.begun.length);
      if (next === undefined || next.from > ticks) return;
      this.begun.push(Math.max(before, this.clock.timeOf(next.from)));
      this.end = Math.max(this.end, next.to);
    }
  }

  /** Since when what is known about `vcpu` may be outdated; undefined: it is not. */
  since(vcpu: VcpuHistory): Time | undefined {
    return vcpu.doubtedSince ?? this.begun.at(vcpu.lossesSeen);
  }

  /** A record at `ticks`, now, tells of `vcpu`; it is sure unless more may have been lost since then. */
  settle(vcpu: VcpuHistory, ticks: number, now: Time): void {
    vcpu.doubtedSince = ticks <= this.end ? now : undefined;
    vcpu.lossesSeen = this.begun.length;
  }

  /** `vcpu` is seen for the first time. */
  meet(vcpu: VcpuHistory): void {
    vcpu.lossesSeen = this.begun.length;
  }
}
