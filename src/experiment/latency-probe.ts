import { invariant } from '../engine/invariant.ts';
import type { Duration } from '../engine/time.ts';
import type { Machine } from '../hypervisor/machine.ts';
import { HYPERVISOR, INTERRUPT } from '../hypervisor/pcpu.ts';
import type { WakeReason } from '../hypervisor/ports.ts';
import { Probe } from '../hypervisor/probe.ts';
import { isSetWayTrap } from '../hypervisor/set-way.ts';
import type { Vcpu } from '../hypervisor/vcpu.ts';
import { LATENCY_KINDS, type LatencyKind } from './latency-kinds.ts';
import { SampleList } from './sample-list.ts';

/** The samples of one kind: latency, and if asked for when and where each ended. */
export interface Samples {
  readonly latency: SampleList;
  readonly time: SampleList;
  readonly pcpu: SampleList;
  readonly vcpu: SampleList;
}

const NOT_WAITING = -1;

/** Measures the latencies of one replication. */
export class LatencyProbe extends Probe {
  readonly samples: ReadonlyMap<LatencyKind, Samples>;
  erestarts = 0;
  flushes = 0;
  migrations = 0;
  contextSwitches = 0;
  softirqs = 0;
  wakes = 0;
  private readonly keepsWhere: boolean;
  private readonly warmUp: Duration;
  private machine: Machine | undefined;
  /** When each vCPU was woken, and taken off its pCPU although it could go on, until it is back in the guest. */
  private wokenAt: Float64Array = new Float64Array(0);
  private stalledAt: Float64Array = new Float64Array(0);
  /** Per pCPU, a bit for each pending softirq that was raised during a flush. */
  private raisedInFlush: Int32Array = new Int32Array(0);

  /**
   * @param kinds - what to measure
   * @param keepsWhere - keep time, pCPU and vCPU of every sample, not only the latency
   * @param warmUp - latencies that began earlier are not kept [ns]
   */
  constructor(kinds: readonly LatencyKind[], keepsWhere: boolean, warmUp: Duration) {
    super();
    this.warmUp = warmUp;
    this.keepsWhere = keepsWhere;
    const list = () => new SampleList();
    this.samples = new Map(
      LATENCY_KINDS.filter((kind) => kinds.includes(kind)).map((kind) => [
        kind,
        { latency: list(), time: list(), pcpu: list(), vcpu: list() },
      ]),
    );
  }

  /** Starts measuring on `machine`, which has been built with this probe. */
  attach(machine: Machine): void {
    this.machine = machine;
    this.wokenAt = new Float64Array(machine.vcpus.length).fill(NOT_WAITING);
    this.stalledAt = new Float64Array(machine.vcpus.length).fill(NOT_WAITING);
    this.raisedInFlush = new Int32Array(machine.pcpuCount);
  }

  override scheduled(_pcpu: number, prev: Vcpu, { next }: { next: Vcpu }): void {
    if (next === prev) return;
    this.contextSwitches++;
    if (!prev.isIdle && prev.isRunnable) this.stalledAt[prev.id] = this.now;
  }

  override migrated(): void {
    this.migrations++;
  }

  override woken(vcpu: Vcpu, why: WakeReason): void {
    if (this.machine === undefined || why === 'mig') return;
    this.wakes++;
    if (this.wokenAt[vcpu.id] === NOT_WAITING) this.wokenAt[vcpu.id] = this.machine.now;
  }

  override guestEntered(vcpu: Vcpu): void {
    const woken = this.wokenAt[vcpu.id];
    if (woken !== NOT_WAITING) {
      this.wokenAt[vcpu.id] = NOT_WAITING;
      this.sample('wakeup', this.now - woken, vcpu.processor, vcpu.id);
    }
    const stalled = this.stalledAt[vcpu.id];
    if (stalled !== NOT_WAITING) {
      this.stalledAt[vcpu.id] = NOT_WAITING;
      this.sample('stall', this.now - stalled, vcpu.processor, vcpu.id);
    }
  }

  override softirqRaised(pcpu: number, nr: number): void {
    const { machine } = this;
    if (machine === undefined) return;
    const { mode, current } = machine.pcpus[pcpu];
    const fromOutside = mode === INTERRUPT || (mode === HYPERVISOR && machine.here !== pcpu);
    if (fromOutside && isSetWayTrap(current.trap)) this.raisedInFlush[pcpu] |= 1 << nr;
  }

  override softirqStarted(pcpu: number, nr: number, latency: Duration): void {
    const { machine } = this;
    if (machine === undefined) return;
    this.softirqs++;
    const vcpu = machine.current(pcpu).id;
    const kind = nr === machine.softirqTimer ? 'softirq_timer' : 'softirq_schedule';
    this.sample(kind, latency, pcpu, vcpu);
    if ((this.raisedInFlush[pcpu] & (1 << nr)) !== 0) {
      this.raisedInFlush[pcpu] &= ~(1 << nr);
      this.sample('softirq_flush', latency, pcpu, vcpu);
    }
  }

  override timerFired(pcpu: number, _kind: number, lateness: Duration): void {
    this.sample('timer', lateness, pcpu, this.machine?.current(pcpu).id ?? -1);
  }

  override guestSample(vcpu: Vcpu, kind: string, latency: Duration): void {
    this.sample(kind as LatencyKind, latency, vcpu.processor, vcpu.id);
  }

  override flushPreempted(): void {
    this.erestarts++;
  }

  override flushed(): void {
    this.flushes++;
  }

  private get now(): number {
    return this.machine?.now ?? 0;
  }

  private sample(kind: LatencyKind, latency: Duration, pcpu: number, vcpu: number): void {
    invariant(latency >= 0, 'a latency is not negative');
    const samples = this.samples.get(kind);
    if (samples === undefined || this.now - latency < this.warmUp) return;
    samples.latency.push(latency);
    if (!this.keepsWhere) return;
    samples.time.push(this.now);
    samples.pcpu.push(pcpu);
    samples.vcpu.push(vcpu);
  }
}
