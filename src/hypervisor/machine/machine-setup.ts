import type { Duration, Time } from '../../engine/time.ts';
import type { XenVersion } from '../cpu/softirq.ts';
import type { MachineJob } from '../jobs/machine-job.ts';
import type {
  ChunkedWork,
  Guest,
  PreemptionPolicy,
  Reservation,
  SchedulerFactory,
  SetWayTarget,
  StageTwo,
  TimeTable,
} from '../ports.ts';
import type { Probe } from '../probe.ts';
import type { OperationSetup } from '../toolstack/operation.ts';
import type { Costs } from './costs.ts';
import type { TopologySetup } from './topology.ts';

/** A vCPU to be created. */
export interface VcpuSetup {
  readonly guest: Guest;
  /** When it is woken for the first time [ns]; NEVER: it stays down. */
  readonly start: Time;
  /** pCPUs it may run on; absent: all. */
  readonly hardAffinity?: readonly number[];
  /** pCPUs it prefers; absent: all. */
  readonly softAffinity?: readonly number[];
  /** RTDS: its reservation; absent: the scheduler's default. */
  readonly reservation?: Reservation;
  /** The credit it begins with (credit: in credits of 100 us, a fraction is charged already; credit2: ns); absent: as the scheduler has it. */
  readonly credit?: number;
  /** What the standing jobs go over for this vCPU, by their names (`flush`: its domain's memory); absent: nothing. */
  readonly work?: Readonly<Record<string, ChunkedWork>>;
  /** What its untrapped Set/Way operations act on; absent: nothing that is modelled. */
  readonly setWayTarget?: SetWayTarget;
  /** Its domain's stage-2 table, and the page its code is in; absent: accesses are not tracked. */
  readonly stageTwo?: { readonly table: StageTwo; readonly codeGfn: number };
}

/** A domain to be created. */
export interface DomainSetup {
  readonly name: string;
  readonly weight: number;
  readonly cap: number;
  /** A control domain, such as dom0: arinc653 gives its vCPUs slots by itself. Absent: it is not. */
  readonly control?: boolean;
  /** It has devices behind an IOMMU, which on Arm uses its p2m (iommu_use_hap_pt). Absent: it has none. */
  readonly sharesP2m?: boolean;
  readonly vcpus: readonly VcpuSetup[];
}

/** arinc653: a time table to be set. */
export interface TableSetup extends TimeTable {
  /** When [ns]; absent: when all domains exist, before anything runs. */
  readonly at?: Time;
}

/** Everything that decides what a machine does. */
export interface MachineSetup {
  readonly xen: XenVersion;
  readonly pcpus: number;
  readonly scheduler: SchedulerFactory;
  /**
   * When the slice timer of each pCPU comes first, whatever is decided before, the last one for all pCPUs that follow [ns];
   * absent: as the scheduler has it.
   */
  readonly firstSlice?: readonly Time[] | undefined;
  readonly costs: Costs;
  /** Costs vary: for each pCPU, what draws them anew for a stay in the hypervisor; absent: they do not. */
  readonly spread?: ((pcpu: number) => () => Costs) | undefined;
  /** Ticks of the counter in a second; absent: NOW() knows every ns. */
  readonly counterHz?: number | undefined;
  /** `exact`: timers fire at their expiry, without interrupt and softirq; else Xen's, with this slop [ns]. */
  readonly timers: 'exact' | { readonly slop: Duration };
  readonly policy: PreemptionPolicy;
  readonly domains: readonly DomainSetup[];
  /** arinc653: its time tables; absent: none. */
  readonly tables?: readonly TableSetup[];
  /** Sockets, cores, threads and nodes, of as many pCPUs as there are; absent: cores of one thread on one socket. */
  readonly topology?: TopologySetup;
  /** What the toolstack does while the machine runs, in the order of its times; absent: nothing. */
  readonly operations?: readonly OperationSetup[];
  /** Long work that guests can ask for, by its number; absent: only the standing jobs. */
  readonly jobs?: readonly MachineJob[];
  readonly probe: Probe;
}
