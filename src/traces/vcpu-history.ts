import type { Duration, Time } from '../engine/time.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING } from '../hypervisor/machine/vcpu.ts';
import type { VcpuId, VcpuRecord, VcpuWorkload, WorkloadOp } from './workload.ts';

/** What runstates are called. */
export const RUNSTATE_NAMES: Readonly<Record<number, string>> = {
  [RUNNING]: 'running',
  [RUNNABLE]: 'runnable',
  [BLOCKED]: 'blocked',
  [OFFLINE]: 'offline',
};
/** A vCPU has a waker if it was woken so often, and by that one this share of the times, who runs at most this share of the time. */
const WAKES_MIN = 10;
const NEARLY_ALL = 0.8;
const SELDOM = 0.4;

/** Follows one vCPU through a trace. Times are [ns] since the trace began. */
export class VcpuHistory {
  readonly domain: number;
  /** The how-manieth domain with this id it belongs to, from 1. */
  readonly life: number;
  readonly vcpu: number;
  /** Its runstate, and where it runs or ran. */
  state: number;
  pcpu: number;
  /** Records about it may have been lost since this time; what is known of it may be outdated. */
  doubtedSince: Time | undefined;
  /** As many losses had begun when it was last known for sure. */
  lossesSeen = 0;
  /** It runs, but has asked to block. */
  isBlocking = false;
  /** It was told to sleep: if it goes offline now, it is paused, and not on its way to another pCPU. */
  private isPaused = false;
  private since: Time;
  /** When it first wanted to run; undefined: not yet. */
  private start: Time | undefined;
  private run: Duration = 0;
  private blockedSince: Time | undefined;
  private wokenAt: Time | undefined;
  /** It was offline for so long, unless it turns out that it was only on its way to another pCPU. */
  private absence: Duration = 0;
  private ops: WorkloadOp[] = [];
  /** During which operation, after how much of it, it may have woken whom. */
  private sends: { readonly op: number; readonly after: Duration; readonly to: VcpuHistory }[] = [];
  /** Which blocks ended while who ran there. */
  private readonly waits = new Map<number, VcpuHistory>();
  private wakingBeside: VcpuHistory | undefined;
  private readonly ranOn = new Set<number>();
  /** Who ran on the pCPU on which it was woken, and how often. */
  private readonly beside = new Map<VcpuHistory, number>();
  private wakeWaits: Duration[] = [];
  private wakes: Time[] = [];
  private runs = 0;
  private migrations = 0;
  private totalRun: Duration = 0;
  private waited: Duration = 0;

  constructor(
    domain: number,
    life: number,
    vcpu: number,
    state: number,
    pcpu: number,
    since: Time,
  ) {
    this.domain = domain;
    this.life = life;
    this.vcpu = vcpu;
    this.state = state;
    this.pcpu = pcpu;
    this.since = since;
    this.restart(since);
  }

  /** What it did before `time` does not count; it is in the state that it came to. */
  restart(time: Time): void {
    this.pass(time);
    this.start = wants(this.state) ? time : undefined;
    [this.run, this.totalRun, this.waited, this.absence] = [0, 0, 0, 0];
    [this.runs, this.migrations] = [0, 0];
    [this.ops, this.wakeWaits, this.wakes] = [[], [], []];
    [this.blockedSince, this.wokenAt] = [undefined, undefined];
    this.ranOn.clear();
    this.beside.clear();
    this.waits.clear();
    this.sends = [];
    if (this.state === RUNNING) this.arrive(this.pcpu);
  }

  /** Who it is. */
  get id(): VcpuId {
    return { domain: this.domain, life: this.life, vcpu: this.vcpu };
  }

  /** Its state has been known at least until this time. */
  get knownUntil(): Time {
    return this.since;
  }

  /** It is in `state` from `from` on, but not before what is known; if that is running, on `pcpu`. */
  change(state: number, pcpu: number, from: Time): void {
    const time = Math.max(from, this.since);
    this.pass(time);
    if (state === RUNNING) {
      this.settleAbsence(this.ranOn.size > 0 && pcpu !== this.pcpu);
      if (this.wokenAt !== undefined) this.wakeWaits.push(time - this.wokenAt);
      this.arrive(pcpu);
      this.isPaused = false;
    }
    if (state !== RUNNABLE) this.wokenAt = undefined;
    this.isBlocking = false;
    if (wants(this.state) && !wants(state)) {
      this.settleAbsence(false);
      this.blockedSince = time;
    }
    if (!wants(this.state) && wants(state)) {
      this.wake(state, time);
      this.wakingBeside = undefined;
    }
    this.state = state;
  }

  /** Time goes on to `time` in the same state. */
  pass(time: Time): void {
    const passed = time - this.since;
    if (this.state === RUNNING) {
      this.run += passed;
      this.totalRun += passed;
    } else if (this.state === RUNNABLE) this.waited += passed;
    this.since = time;
  }

  /** It gives up its turn, and wants to run on. */
  giveUp(time: Time): void {
    this.pass(time);
    this.closeRun();
    this.ops.push({ kind: 'yield' });
  }

  /** It is woken (SCHED_WAKE) on a pCPU on which `running` runs, who may have done it. */
  wakeBeside(running: VcpuHistory, time: Time): void {
    if (wants(this.state)) return;
    this.beside.set(running, (this.beside.get(running) ?? 0) + 1);
    this.wakingBeside = running;
    running.pass(time);
    running.sends.push({ op: running.ops.length, after: running.run, to: this });
  }

  /**
   * Who seems to wake it: at nearly all its wake-ups that one ran there, who runs too seldom for that to be chance. A timer finds
   * on a pCPU who runs there most.
   * @param duration - of the trace [ns]
   */
  wokenBy(duration: Duration): VcpuHistory | undefined {
    const [most] = [...this.beside].sort(([, a], [, b]) => b - a);
    if (most === undefined || this.wakes.length < WAKES_MIN) return undefined;
    const [waker, count] = most;
    const share = count / this.wakes.length;
    const isChance = waker.totalRun > SELDOM * duration;
    return share >= NEARLY_ALL && !isChance ? waker : undefined;
  }

  /** It is told to sleep (SCHED_SLEEP): paused, not moved by the scheduler. */
  pause(): void {
    this.isPaused = true;
  }

  /** It runs on: what it was told before has come to nothing. */
  runOn(): void {
    this.isPaused = false;
    this.isBlocking = false;
  }

  /**
   * What it did, once the trace has come to its end; undefined: nothing that could be replayed.
   * @param duration - of the trace [ns]
   */
  workload(duration: Duration): VcpuWorkload | undefined {
    this.settleAbsence(false);
    if (wants(this.state)) this.goOn();
    this.closeRun();
    const { domain, life, vcpu, start, ops } = this;
    if (start === undefined || ops.length === 0) return undefined;
    const waker = this.wokenBy(duration);
    const woken = new Set(this.sends.map(({ to }) => to));
    const sleepers = new Set([...woken].filter((to) => to.wokenBy(duration) === this));
    return {
      ...{ domain, life, vcpu, start, ops },
      record: this.record(),
      wokenBy: waker?.id,
      sends: this.sends.flatMap(({ op, after, to }) =>
        sleepers.has(to) ? { op, after, to: to.id } : [],
      ),
      waits: [...this.waits].flatMap(([op, by]) => (by === waker ? op : [])),
    };
  }

  private record(): VcpuRecord {
    const { migrations, totalRun, waited, runs, wakes } = this;
    const pcpus = [...this.ranOn].sort((a, b) => a - b);
    const wakeWaits = this.wakeWaits.toSorted((a, b) => a - b);
    return { pcpus, migrations, run: totalRun, waited, runs, wakeWaits, wakes };
  }

  private arrive(pcpu: number): void {
    if (this.ranOn.size > 0 && pcpu !== this.pcpu) this.migrations++;
    if (this.state !== RUNNING || this.runs === 0) this.runs++;
    this.pcpu = pcpu;
    this.ranOn.add(pcpu);
  }

  private wake(state: number, time: Time): void {
    this.start ??= time;
    if (state === RUNNABLE) {
      this.wokenAt = time;
      this.wakes.push(time);
    }
    const length = time - (this.blockedSince ?? time);
    if (length === 0) return;
    if (this.state === OFFLINE && state === RUNNABLE && !this.isPaused) this.absence = length;
    else this.block(length);
  }

  /** @param hasMoved - it was on its way, and waited for nothing else */
  private settleAbsence(hasMoved: boolean): void {
    const { absence } = this;
    this.absence = 0;
    if (absence === 0) return;
    if (!hasMoved) this.block(absence);
    else {
      this.waited += absence;
      this.wokenAt = undefined;
      this.wakes.pop();
    }
  }

  private block(length: Duration): void {
    this.closeRun();
    if (this.wakingBeside !== undefined) this.waits.set(this.ops.length, this.wakingBeside);
    this.ops.push({ kind: 'block', length });
  }

  /** It still wants to run when the trace ends: as long as it usually does, or for ever if that is less already. */
  private goOn(): void {
    const lengths = this.ops.flatMap((op) => (op.kind === 'run' ? op.length : []));
    const longest = lengths.reduce((max, length) => Math.max(max, length), 0);
    if (this.run >= longest) {
      this.run = 0;
      this.ops.push({ kind: 'spin' });
    } else {
      const mean = Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / lengths.length);
      this.run = Math.max(this.run, mean);
    }
  }

  private closeRun(): void {
    if (this.run > 0) this.ops.push({ kind: 'run', length: this.run });
    this.run = 0;
  }
}

function wants(state: number): boolean {
  return state === RUNNING || state === RUNNABLE;
}

/** A vCPU as messages name it. */
export function nameOf({ domain, vcpu }: VcpuHistory): string {
  return `vCPU d${domain}v${vcpu}`;
}
