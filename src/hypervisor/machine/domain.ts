import { RwLock } from './rw-lock.ts';
import type { Vcpu } from './vcpu.ts';

/** A virtual machine: its share of the pCPUs and its vCPUs. */
export class Domain {
  /** In order of creation, from 0. */
  readonly index: number;
  readonly name: string;
  /** Share of CPU relative to other domains, 1 .. 65535. */
  weight: number;
  /** Most CPU it may use [percent of one pCPU], 0 for no limit. */
  cap: number;
  /** How often the toolstack has paused it and not unpaused it since. */
  pauseCount = 0;
  /** A control domain (is_control_domain), such as dom0. */
  readonly control: boolean;
  /** It shares its p2m with an IOMMU: devices access its memory by the same tables. */
  readonly sharesP2m: boolean;
  readonly vcpus: Vcpu[] = [];
  /** Held for reading by a flush, for writing by whoever changes the p2m. */
  readonly p2mLock = new RwLock();

  constructor(
    index: number,
    name: string,
    weight: number,
    cap: number,
    control = false,
    sharesP2m = false,
  ) {
    this.index = index;
    this.name = name;
    this.weight = weight;
    this.cap = cap;
    this.control = control;
    this.sharesP2m = sharesP2m;
  }
}
