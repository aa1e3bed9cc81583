import { CpuMask } from './cpu-mask.ts';

/** How the pCPUs of a machine lie in sockets, cores and nodes. */
export interface TopologySetup {
  readonly sockets: number;
  /** Cores of a socket. */
  readonly cores: number;
  /** Threads of a core. sockets * cores * threads is the number of pCPUs. */
  readonly threads: number;
  /** `neighbours`: the threads of a core have consecutive numbers; `split`: first threads first, then second ones. */
  readonly layout: 'neighbours' | 'split';
  /** pCPUs of each NUMA node; empty: one node with all. */
  readonly nodes: readonly (readonly number[])[];
  /**
   * How many times as long long work (flushes, jobs) and guest code take on a thread while another thread of its core is not idle; from 1, in
   * hundredths; absent: 1. Steps of other paths, below a us each, are not slowed down.
   */
  readonly slowdown?: number;
}

/** Which pCPUs share a core, a socket, a NUMA node. */
export class Topology {
  /** The NUMA node of each pCPU. */
  readonly nodeOf: readonly number[];
  /** The pCPUs of each node (node_to_cpumask). */
  readonly nodes: readonly CpuMask[];
  /** One socket, one node, one thread per core: no two pCPUs are closer to each other than to others. */
  readonly isFlat: boolean;
  private readonly coreOf: readonly number[];
  private readonly socketOf: readonly number[];
  private readonly cores: readonly CpuMask[];
  private readonly sockets: readonly CpuMask[];

  private constructor(setup: TopologySetup) {
    const { sockets, cores, threads, layout, nodes } = setup;
    const count = sockets * cores * threads;
    const pcpus = Array.from({ length: count }, (_, cpu) => cpu);
    const split = layout === 'split';
    this.coreOf = pcpus.map((cpu) => (split ? cpu % (sockets * cores) : Math.floor(cpu / threads)));
    this.socketOf = this.coreOf.map((core) => Math.floor(core / cores));
    this.cores = groups(this.coreOf, sockets * cores);
    this.sockets = groups(this.socketOf, sockets);
    const known = nodes.length === 0 ? [pcpus] : nodes;
    this.nodes = known.map((members) => CpuMask.of(count, members));
    this.nodeOf = pcpus.map((cpu) => this.nodes.findIndex((node) => node.has(cpu)));
    this.isFlat = sockets === 1 && threads === 1 && this.nodes.length === 1;
  }

  static of(setup: TopologySetup): Topology {
    return new Topology(setup);
  }

  /** `pcpus` cores of one thread each, on one socket. */
  static flat(pcpus: number): Topology {
    return new Topology({ sockets: 1, cores: pcpus, threads: 1, layout: 'neighbours', nodes: [] });
  }

  /** The threads of the core that `cpu` is a thread of (cpu_sibling_mask). */
  threads(cpu: number): CpuMask {
    return this.cores[this.coreOf[cpu]];
  }

  /** The pCPUs on the socket of `cpu` (cpu_core_mask). */
  socket(cpu: number): CpuMask {
    return this.sockets[this.socketOf[cpu]];
  }

  /** The pCPUs of the NUMA node of `cpu`. */
  node(cpu: number): CpuMask {
    return this.nodes[this.nodeOf[cpu]];
  }
}

function groups(groupOf: readonly number[], count: number): CpuMask[] {
  const masks = Array.from({ length: count }, () => new CpuMask(groupOf.length));
  groupOf.forEach((group, cpu) => {
    masks[group].add(cpu);
  });
  return masks;
}
