import { NONE, type Purse, UNDER } from './credit-purse.ts';
import type { CreditSettings } from './credit-settings.ts';
import { cycle, IDLE, type ModelVcpu, NEVER } from './rules.ts';
import type { World } from './world.ts';

/** What credit knows of a pCPU: who waits there, its idle vCPU as IDLE. */
interface Place {
  queue: number[];
  /** When it ticks. */
  tick: number;
  /** The accounting after which its queue was sorted. */
  sorted: number;
  /** When it tried to steal. */
  balanced: number;
}

/** Who waits where, and who goes where. */
export class CreditPlaces {
  readonly places: Place[];
  readonly idlers: Set<number>;
  private readonly world: World;
  private readonly purses: readonly Purse[];
  private readonly settings: CreditSettings;
  /** Whom the last vCPU was stolen from. */
  private bias = 0;

  constructor(world: World, purses: readonly Purse[], settings: CreditSettings) {
    this.world = world;
    this.purses = purses;
    this.settings = settings;
    const tick = world.old ? NEVER : settings.period;
    this.places = world.all.map(() => ({ queue: [], tick, sorted: 0, balanced: 0 }));
    this.idlers = new Set(world.all);
  }

  priority(id: number): number {
    return id === IDLE ? NONE : this.purses[id].pri;
  }

  /** Useful soft affinity, and hard affinity: the pCPUs that each leaves of the pool. */
  steps(vcpu: ModelVcpu): number[][] {
    const { pool, all } = this.world;
    const { hard, soft } = vcpu;
    const both = all.filter((cpu) => hard.has(cpu) && soft.has(cpu));
    const every = both.length === hard.size || [...pool].every((cpu) => soft.has(cpu));
    const allowed = this.world.allowed(vcpu);
    if (both.length === 0 || every) return [allowed];
    return [both.filter((cpu) => pool.has(cpu)), allowed];
  }

  /** The pCPU that is best for a vCPU. */
  best(vcpu: ModelVcpu): number {
    let cpu = -1;
    for (const mask of this.steps(vcpu)) {
      if (mask.length === 0) continue;
      cpu = mask.includes(vcpu.at) ? vcpu.at : cycle(vcpu.at, mask);
      const idle = new Set(this.idlers);
      if (cpu === vcpu.at && (this.places[cpu].queue[0] ?? IDLE) === IDLE) idle.add(cpu);
      const open = mask.filter((one) => idle.has(one));
      if (!open.includes(cpu) && open.length > 0) cpu = cycle(cpu, open);
      if (idle.has(cpu)) break;
    }
    return cpu;
  }

  waits({ id, at }: ModelVcpu): boolean {
    return this.places[at].queue.includes(id);
  }

  enqueue(cpu: number, id: number): void {
    const { queue } = this.places[cpu];
    const lower = queue.findIndex((other) => this.priority(other) < this.priority(id));
    let to = lower < 0 ? queue.length : lower;
    const guest = lower >= 0 && queue[lower] !== IDLE;
    const last = this.world.newest && lower === queue.length - 1;
    if (id !== IDLE && this.purses[id].yields && guest && !last) to++;
    queue.splice(to, 0, id);
  }

  dequeue(cpu: number, id: number): void {
    const { queue } = this.places[cpu];
    queue.splice(queue.indexOf(id), 1);
    if (id !== IDLE && this.world.newest) this.purses[id].yields = false;
  }

  /** After each accounting: whoever is not OVER goes first. */
  sort(cpu: number, epoch: number): void {
    const place = this.places[cpu];
    if (place.sorted === epoch) return;
    const high = (id: number) => this.priority(id) >= UNDER;
    place.queue = [...place.queue.filter(high), ...place.queue.filter((id) => !high(id))];
    place.sorted = epoch;
  }

  /** Whether a pCPU may try to steal; it counts as done. */
  mayBalance(cpu: number): boolean {
    const { now, newest } = this.world;
    const place = this.places[cpu];
    if (!newest) return true;
    if (now - place.balanced <= this.settings.pause) return false;
    place.balanced = now;
    return true;
  }

  /** Takes somebody whose priority is above `pri` from another pCPU. */
  steal(cpu: number, pri: number): number | undefined {
    const { world, idlers } = this;
    const busy = world.all.filter((one) => world.pool.has(one) && !idlers.has(one) && one !== cpu);
    for (const soft of [true, false]) {
      let peer = this.bias;
      for (const _ of busy) {
        peer = cycle(peer, busy);
        const id = this.prey(cpu, peer, pri, soft);
        if (id === undefined) continue;
        this.dequeue(peer, id);
        world.shift(this.purses[id].vcpu, cpu, 'steal');
        this.bias = peer;
        return id;
      }
    }
    return undefined;
  }

  private prey(cpu: number, peer: number, pri: number, soft: boolean): number | undefined {
    const { world, settings } = this;
    if (world.current[peer] === undefined) return undefined;
    const { queue } = this.places[peer];
    const end = queue.findIndex((id) => this.priority(id) <= pri);
    return queue.slice(0, end < 0 ? queue.length : end).find((id) => {
      const { vcpu, yields, stopped } = this.purses[id];
      const steps = this.steps(vcpu);
      if ((yields && world.newest) || (soft && steps.length === 1)) return false;
      if (settings.hot > 0 && world.now - stopped < settings.hot) return false;
      return steps[soft ? 0 : steps.length - 1].includes(cpu);
    });
  }

  leave(cpu: number): void {
    this.idlers.delete(cpu);
    this.places[cpu].tick = NEVER;
    if (this.bias === cpu) this.bias = Math.min(...this.world.pool);
  }

  enter(cpu: number, epoch: number): void {
    const { now } = this.world;
    this.idlers.add(cpu);
    const tick = now + this.settings.period;
    this.places[cpu] = { queue: [], tick, sorted: epoch, balanced: now };
  }
}
