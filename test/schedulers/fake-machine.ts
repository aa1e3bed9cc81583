import type { XenVersion } from '../../src/hypervisor/cpu/softirq.ts';
import { CpuMask } from '../../src/hypervisor/machine/cpu-mask.ts';
import { Domain } from '../../src/hypervisor/machine/domain.ts';
import type { MachineView } from '../../src/hypervisor/machine/machine-view.ts';
import { Topology } from '../../src/hypervisor/machine/topology.ts';
import { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import type { Decision } from '../../src/hypervisor/ports.ts';
import { Probe } from '../../src/hypervisor/probe.ts';

/** Notes migrations, kicks and parkings. */
class NotingProbe extends Probe {
  readonly migrations: [vcpu: number, from: number, to: number, why: string][] = [];
  readonly kicks: [vcpu: number, by: string][] = [];
  readonly parkings: [vcpu: number, parked: boolean][] = [];

  override migrated(vcpu: Vcpu, from: number, to: number, why: string): void {
    this.migrations.push([vcpu.id, from, to, why]);
  }
  override kicked(vcpu: Vcpu, by: string): void {
    this.kicks.push([vcpu.id, by]);
  }
  override parked(vcpu: Vcpu, parked: boolean): void {
    this.parkings.push([vcpu.id, parked]);
  }
}

/** What a vCPU of a test may have; by default it is up, with all affinities and on pCPU 0. */
interface VcpuTraits {
  readonly on?: number;
  readonly hard?: readonly number[];
  readonly soft?: readonly number[];
  readonly pauseFlags?: number;
}

/**
 * A machine on which nothing happens by itself: tests call the scheduler's hooks, set the time and what runs
 * where, and see what the hooks ask for.
 */
export class FakeMachine implements MachineView {
  readonly mayHaveSoftAffinity = true;
  readonly xen: XenVersion;
  readonly pcpuCount: number;
  readonly allPcpus: CpuMask;
  readonly online: CpuMask;
  readonly topology: Topology;
  readonly probe = new NotingProbe();
  /** The time, of which its counter knows every ns. */
  now = 0;
  here = 0;
  /** Expiry of each armed timer, by "kind index pcpu". */
  readonly timers = new Map<string, number>();
  private tickles: number[] = [];
  private readonly idles: Vcpu[];
  private readonly currents: Vcpu[];
  private vcpuCount = 0;
  private domainCount = 0;

  constructor(pcpuCount: number, xen: XenVersion = 'master') {
    this.xen = xen;
    this.pcpuCount = pcpuCount;
    this.allPcpus = CpuMask.all(pcpuCount);
    this.online = CpuMask.all(pcpuCount);
    this.topology = Topology.flat(pcpuCount);
    this.idles = Array.from({ length: pcpuCount }, (_, cpu) => {
      const idle = new Vcpu(-1 - cpu, cpu, CpuMask.of(pcpuCount, [cpu]), undefined, undefined);
      idle.pauseFlags = 0;
      return idle;
    });
    this.currents = [...this.idles];
  }

  /** A new domain, not yet known to the scheduler. */
  domain(weight = 256, cap = 0, control = false): Domain {
    return new Domain(this.domainCount++, 'd', weight, cap, control);
  }

  /** A new vCPU of `domain`, not yet known to the scheduler. */
  vcpu(domain: Domain | undefined, traits: VcpuTraits = {}): Vcpu {
    const { on = 0, hard, soft, pauseFlags = 0 } = traits;
    const vcpu = new Vcpu(this.vcpuCount++, on, this.mask(hard), domain, undefined);
    vcpu.softAffinity = this.mask(soft);
    vcpu.softAffinityEffective =
      !vcpu.hardAffinity.isSubsetOf(vcpu.softAffinity) &&
      vcpu.hardAffinity.intersects(vcpu.softAffinity);
    vcpu.pauseFlags = pauseFlags;
    vcpu.exists = true;
    domain?.vcpus.push(vcpu);
    return vcpu;
  }

  /** `vcpu` runs on its processor from now on; what ran there is not running any more. */
  run(vcpu: Vcpu): void {
    const cpu = vcpu.processor;
    this.currents[cpu].isRunning = false;
    this.currents[cpu] = vcpu;
    vcpu.isRunning = true;
    vcpu.stateEntryTime = this.now;
  }

  /** A decision for a scheduler to fill in. */
  decision(): Decision {
    return {
      next: this.idles[0],
      slice: Number.NaN,
      tasklet: false,
      migrated: false,
      ratelimited: false,
      pcpusSearched: 0,
      unitsReset: 0,
      charged: false,
    };
  }

  /** The pCPUs tickled since this was asked last, in order. */
  takeTickled(): number[] {
    const { tickles } = this;
    this.tickles = [];
    return tickles;
  }

  /** Time that the next charge is not for [ns], by pCPU. */
  readonly unchargedOn: number[] = [];

  get clock(): number {
    return this.now;
  }

  uncharged(pcpu: number): number {
    const taken = this.unchargedOn[pcpu] ?? 0;
    this.unchargedOn[pcpu] = 0;
    return taken;
  }
  current(pcpu: number): Vcpu {
    return this.currents[pcpu];
  }
  idle(pcpu: number): Vcpu {
    return this.idles[pcpu];
  }
  tickle(pcpu: number): void {
    this.tickles.push(pcpu);
  }
  setTimer(kind: number, index: number, pcpu: number, expiry: number): void {
    this.timers.set(`${kind} ${index} ${pcpu}`, expiry);
  }
  stopTimer(kind: number, index: number): void {
    for (const key of this.timers.keys()) {
      if (key.startsWith(`${kind} ${index} `)) this.timers.delete(key);
    }
  }
  pauseNosync(vcpu: Vcpu): void {
    vcpu.pauseCount++;
  }
  unpause(vcpu: Vcpu): void {
    vcpu.pauseCount--;
  }

  private mask(cpus: readonly number[] | undefined): CpuMask {
    return cpus === undefined ? this.allPcpus : CpuMask.of(this.pcpuCount, cpus);
  }
}
