import type { Machine } from '../machine/machine.ts';
import { Pace } from './pace.ts';
import type { Pcpu } from './pcpu.ts';
import { GUEST, HYPERVISOR, IDLE } from './pcpu-mode.ts';

/** A core whose threads slow each other down: work and guest code on one take longer while another one is not idle. */
export class SharedCore {
  private readonly machine: Machine;
  private readonly threads: readonly Pcpu[];

  /** @param slowdown - how many times as long */
  constructor(machine: Machine, threads: readonly Pcpu[], slowdown: number) {
    this.machine = machine;
    this.threads = threads;
    for (const thread of threads) {
      thread.core = this;
      thread.pace = new Pace(slowdown);
      // All begin in the hypervisor.
      thread.pace.slowed = true;
    }
  }

  /** A thread may have begun, or left off, idling. */
  modeChanged(): void {
    const busy = this.threads.filter(({ mode }) => mode !== IDLE);
    for (const thread of this.threads) {
      const { pace, mode } = thread;
      const slowed = busy.some((other) => other !== thread);
      if (pace === undefined || slowed === pace.slowed) continue;
      const change = () => {
        this.machine.probe.paceChanges(thread.id);
        pace.slowed = slowed;
      };
      if (mode === GUEST) thread.guestMode.repace(change);
      else if (mode === HYPERVISOR) thread.segment.repace(change);
      else change();
    }
  }
}

/** Makes the threads of each core of `machine` slow each other down, if it has cores of several. */
export function shareCores(machine: Machine, slowdown: number): void {
  if (slowdown === 1) return;
  const shared = new Set<number>();
  for (const { id } of machine.pcpus) {
    if (shared.has(id)) continue;
    const ids = machine.pcpus.map((pcpu) => pcpu.id);
    const threads = ids.filter((other) => machine.topology.threads(id).has(other));
    for (const other of threads) shared.add(other);
    if (threads.length < 2) continue;
    new SharedCore(
      machine,
      threads.map((other) => machine.pcpus[other]),
      slowdown,
    );
  }
}
