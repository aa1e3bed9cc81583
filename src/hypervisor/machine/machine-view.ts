import type { Duration, Time } from '../../engine/time.ts';
import type { XenVersion } from '../cpu/softirq.ts';
import type { Probe } from '../probe.ts';
import type { CpuMask } from './cpu-mask.ts';
import type { Topology } from './topology.ts';
import type { Vcpu } from './vcpu.ts';

/** The machine as a scheduler sees it. */
export interface MachineView {
  readonly xen: XenVersion;
  readonly pcpuCount: number;
  /** All pCPUs of the machine. Not to be changed. */
  readonly allPcpus: CpuMask;
  /** The pCPUs of the only cpupool at present. Not to be changed by schedulers. */
  readonly online: CpuMask;
  readonly topology: Topology;
  readonly probe: Probe;
  /** NOW(): the time of the counter's last tick [ns]. */
  readonly clock: Time;
  /** The pCPU that executes the current handler (smp_processor_id). */
  readonly here: number;
  /** What runs on `pcpu` (the unit chosen last). */
  current(pcpu: number): Vcpu;
  /** The idle vCPU of `pcpu`. */
  idle(pcpu: number): Vcpu;
  /** Some vCPU has, or had, a soft affinity that says something else than its hard one. */
  readonly mayHaveSoftAffinity: boolean;
  /** Raises SCHEDULE on `pcpu` (cpu_raise_softirq). */
  tickle(pcpu: number): void;
  /** Time on `pcpu` since it was last asked for that the vCPU there is not to be charged for [ns]. */
  uncharged(pcpu: number): Duration;
  /** Arms the timer (kind, index) on `pcpu` for `expiry`, in place of what it was armed for. */
  setTimer(kind: number, index: number, pcpu: number, expiry: Time): void;
  stopTimer(kind: number, index: number): void;
  /** vcpu_pause_nosync. */
  pauseNosync(vcpu: Vcpu): void;
  /** vcpu_unpause. */
  unpause(vcpu: Vcpu): void;
}

/** The vCPU's soft affinity matters when choosing a pCPU (has_soft_affinity). */
export function hasSoftAffinity(machine: MachineView, vcpu: Vcpu): boolean {
  return vcpu.softAffinityEffective && !machine.online.isSubsetOf(vcpu.softAffinity);
}
