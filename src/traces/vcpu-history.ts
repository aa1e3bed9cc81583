import type { Duration, Time } from '../engine/time.ts';
import { RUNNABLE, RUNNING } from '../hypervisor/machine/vcpu.ts';
import type { VcpuWorkload, WorkloadOp } from './workload.ts';

/** Follows one vCPU through a trace. Times are [ns] since the trace began. */
export class VcpuHistory {
  readonly domain: number;
  readonly vcpu: number;
  /** Its runstate, and where it runs or ran. */
  state: number;
  pcpu: number;
  /** Records about it may have been lost since this time; what is known of it may be outdated. */
  doubtedSince: Time | undefined;
  /** As many losses had begun when it was last known for sure. */
  lossesSeen = 0;
  private since: Time;
  /** When it first wanted to run; undefined: not yet. */
  private start: Time | undefined;
  private run: Duration = 0;
  private blockedSince: Time | undefined;
  private readonly ops: WorkloadOp[] = [];
  private readonly timeOn = new Map<number, Duration>();

  constructor(domain: number, vcpu: number, state: number, pcpu: number, since: Time) {
    this.domain = domain;
    this.vcpu = vcpu;
    this.state = state;
    this.pcpu = pcpu;
    this.since = since;
    if (wants(state)) this.start = since;
  }

  /** It is in `state` from `time` on; if that is running, on `pcpu`. */
  change(state: number, pcpu: number, time: Time): void {
    this.pass(time);
    if (state === RUNNING) {
      this.pcpu = pcpu;
      this.timeOn.set(pcpu, this.timeOn.get(pcpu) ?? 0);
    }
    if (wants(this.state) && !wants(state)) this.blockedSince = time;
    if (!wants(this.state) && wants(state)) this.wake(time);
    this.state = state;
  }

  /** What it did, once the trace has come to its end; undefined: nothing that could be replayed. */
  workload(): VcpuWorkload | undefined {
    this.closeRun();
    if (this.start === undefined || this.ops.length === 0) return undefined;
    const [pcpu] = [...this.timeOn].reduce(
      (longest, one) => (one[1] > longest[1] ? one : longest),
      [this.pcpu, -1],
    );
    const { domain, vcpu, start, ops } = this;
    return { domain, vcpu, pcpu, start, ops };
  }

  /** Time goes on to `time` in the same state. */
  pass(time: Time): void {
    if (this.state === RUNNING) {
      this.run += time - this.since;
      this.timeOn.set(this.pcpu, (this.timeOn.get(this.pcpu) ?? 0) + time - this.since);
    }
    this.since = time;
  }

  private wake(time: Time): void {
    this.start ??= time;
    if (this.blockedSince === undefined || this.blockedSince === time) return;
    this.closeRun();
    this.ops.push({ kind: 'block', length: time - this.blockedSince });
  }

  private closeRun(): void {
    if (this.run > 0) this.ops.push({ kind: 'run', length: this.run });
    this.run = 0;
  }
}

function wants(state: number): boolean {
  return state === RUNNING || state === RUNNABLE;
}
