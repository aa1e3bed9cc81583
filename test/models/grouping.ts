/*
 * Which pCPUs share a runqueue of credit2, worked out anew from Xen's rules (cpu_add_to_runqueue), in numbers and lists only.
 */

/** What decides about it. */
export interface Grouping {
  readonly xen: 'master' | '4.12';
  readonly sockets: number;
  readonly cores: number;
  readonly threads: number;
  readonly split: boolean;
  /** The NUMA node of each pCPU. */
  readonly nodes: readonly number[];
  readonly runqueue: 'cpu' | 'core' | 'socket' | 'node' | 'all';
  readonly most: number;
}

/** The runqueue of each pCPU, -1 of those that have left the pool: at first, and after each pCPU that leaves or comes back. */
export function groups(of: Grouping, changes: readonly number[]): number[][] {
  const count = of.sockets * of.cores * of.threads;
  const least = Math.floor((count - 1) / of.most) + 1;
  const room = Math.floor(count / least);
  const members = new Map<number, number[]>();
  const core = (cpu: number) =>
    of.split ? cpu % (of.sockets * of.cores) : Math.floor(cpu / of.threads);
  const socket = (cpu: number) => Math.floor(core(cpu) / of.cores);
  const belong = (a: number, b: number): boolean =>
    ({
      cpu: false,
      core: core(a) === core(b),
      socket: socket(a) === socket(b),
      node: of.nodes[a] === of.nodes[b],
      all: true,
    })[of.runqueue];

  function add(cpu: number): void {
    const ids = [...members.keys()].sort((a, b) => a - b);
    const fitting = ids.filter((id) => belong(members.get(id)?.[0] ?? -1, cpu));
    const sizeOf = (id: number) => members.get(id)?.length ?? 0;
    let chosen: number | undefined;
    if (of.xen === '4.12') [chosen] = fitting;
    else {
      chosen = fitting.find((id) => members.get(id)?.some((other) => core(other) === core(cpu)));
      const open = fitting.filter(
        (id) => sizeOf(id) < room && (of.runqueue === 'all' || sizeOf(id) + of.threads <= room),
      );
      const smallest = Math.min(...open.map(sizeOf));
      chosen ??= open.find((id) => sizeOf(id) === smallest);
    }
    for (let id = 0; chosen === undefined; id++) if (!members.has(id)) chosen = id;
    members.set(chosen, [...(members.get(chosen) ?? []), cpu]);
  }

  function remove(cpu: number): void {
    for (const [id, own] of members) {
      const rest = own.filter((other) => other !== cpu);
      if (rest.length === 0) members.delete(id);
      else members.set(id, rest);
    }
  }

  const pool = new Set<number>();
  const state = () =>
    Array.from({ length: count }, (_, cpu) => {
      if (!pool.has(cpu)) return -1;
      return [...members].find(([, own]) => own.includes(cpu))?.[0] ?? -1;
    });
  for (let cpu = 0; cpu < count; cpu++) {
    add(cpu);
    pool.add(cpu);
  }
  const states = [state()];
  for (const cpu of changes) {
    const leaves = pool.delete(cpu);
    if (!leaves) pool.add(cpu);
    // In 4.12 the scheduler is not told.
    if (of.xen === 'master') (leaves ? remove : add)(cpu);
    states.push(state());
  }
  return states;
}
