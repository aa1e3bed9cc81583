import type { Duration, Time } from '../engine/time.ts';
import { BLOCKED, RUNNABLE, RUNNING } from '../hypervisor/machine/vcpu.ts';
import type { Doubts } from './doubts.ts';
import type { VcpuHistory } from './vcpu-history.ts';

/** A wait that began so long after a stint at most is that of the vCPU it has preempted [ns]. */
const SWITCH_MAX = 50_000;

/** Who runs on which pCPU of a trace. */
export class Stints {
  private readonly doubts: Doubts;
  private readonly current = new Map<number, VcpuHistory>();
  /** Who is being switched out on each pCPU, and since when it ran as SWITCH_INFPREV says. */
  private readonly ending = new Map<number, { readonly vcpu: VcpuHistory; readonly start: Time }>();

  constructor(doubts: Doubts) {
    this.doubts = doubts;
  }

  /** Who runs on a pCPU; undefined: nobody is known to. */
  on(pcpu: number): VcpuHistory | undefined {
    return this.current.get(pcpu);
  }

  /** `vcpu` runs on `pcpu` from now on. */
  begin(pcpu: number, vcpu: VcpuHistory): void {
    this.current.set(pcpu, vcpu);
  }

  /** `vcpu`, wherever it is, runs there no longer. */
  end(vcpu: VcpuHistory): void {
    if (this.current.get(vcpu.pcpu) === vcpu) this.current.delete(vcpu.pcpu);
  }

  /** SWITCH_INFPREV: `vcpu` has run on `pcpu` for so long. */
  tell(pcpu: number, vcpu: VcpuHistory, ran: Duration, now: Time): void {
    this.ending.set(pcpu, { vcpu, start: Math.max(now - ran, vcpu.knownUntil) });
  }

  /**
   * SWITCH_INFNEXT: a switch from whose stint SWITCH_INFPREV has told to `next`, who has waited for so long [ns].
   * Where records were lost, this says who ran when.
   */
  settle(pcpu: number, next: VcpuHistory | undefined, waited: Duration, now: Time): void {
    const stint = this.ending.get(pcpu);
    if (stint === undefined) return;
    this.ending.delete(pcpu);
    const { vcpu: prev, start } = stint;
    const doubted = this.doubts.since(prev);
    // It has run since before the loss, or nothing was lost.
    if (doubted === undefined || start <= doubted) return;
    const current = this.current.get(pcpu);
    const nextDoubted = next === undefined ? undefined : this.doubts.since(next);
    if (next !== undefined && nextDoubted !== undefined && waited > 0) {
      const wasPreempted = Math.abs(now - waited - start) <= SWITCH_MAX;
      const waitsFrom = Math.max(wasPreempted ? start : now - waited, nextDoubted);
      const since = Math.max(waitsFrom, next.knownUntil);
      if (!wasPreempted) this.leave(next, nextDoubted);
      else if (next.state === RUNNABLE && next.knownUntil <= nextDoubted) {
        if (current !== undefined) this.leave(current, nextDoubted);
        next.change(RUNNING, prev.pcpu, nextDoubted);
      }
      this.leave(next, since);
      if (next.state !== RUNNABLE) next.change(RUNNABLE, next.pcpu, since);
    }
    this.leave(prev, doubted);
    const still = this.current.get(pcpu);
    if (still !== undefined) this.leave(still, start);
    prev.change(RUNNING, prev.pcpu, start);
    this.current.set(pcpu, prev);
  }

  /** If `vcpu` runs, it does so no longer. */
  private leave(vcpu: VcpuHistory, time: Time): void {
    this.end(vcpu);
    if (vcpu.state !== RUNNING) return;
    vcpu.change(vcpu.isBlocking ? BLOCKED : RUNNABLE, vcpu.pcpu, Math.max(time, vcpu.knownUntil));
  }
}
