import type { ScenarioEvent } from '../../src/conformance/scenario-events.ts';
import { CreditAccounts } from './credit-accounts.ts';
import { CreditPlaces } from './credit-places.ts';
import {
  BOOST,
  burn,
  CREDITS_PER_MS,
  NONE,
  newPurse,
  OVER,
  type Purse,
  UNDER,
} from './credit-purse.ts';
import { CreditSettings } from './credit-settings.ts';
import {
  type Choice,
  cycle,
  type Due,
  type Fields,
  IDLE,
  type ModelVcpu,
  NEVER,
  type Rules,
} from './rules.ts';
import type { World } from './world.ts';

/*
 * credit of master, 4.17 and 4.12 on pCPUs that are all alike (no threads, sockets or nodes), worked out anew from Xen's rules.
 * What is due to whom is in credit-accounts.ts,
 * who waits where in credit-places.ts.
 */

const INVALID = -22;

export class CreditModel implements Rules {
  private readonly world: World;
  private readonly purses: readonly Purse[];
  private readonly settings: CreditSettings;
  private readonly waiting: CreditPlaces;
  private readonly accounts: CreditAccounts;
  private pcpus: number;

  /** The pCPU that each pCPU told last of a wake. */
  private readonly toldLast: number[];

  constructor(world: World) {
    this.world = world;
    this.pcpus = world.all.length;
    this.settings = new CreditSettings(world.scenario.params);
    this.purses = world.vcpus.map(newPurse);
    this.waiting = new CreditPlaces(world, this.purses, this.settings);
    this.accounts = new CreditAccounts(world, this.settings.slice);
    this.toldLast = world.all.map(() => 0);
  }

  private of(vcpu: ModelVcpu): Purse {
    return this.purses[vcpu.id];
  }

  adjust(dom: number): void {
    const { weight = 256, cap = 0 } = this.world.scenario.domains[dom];
    this.accounts.weights[dom] = weight || 256;
    this.accounts.caps[dom] = cap;
  }

  event(event: ScenarioEvent): number {
    const { weights, caps } = this.accounts;
    if (event.op === 'global') return this.settings.change(event) ? 0 : INVALID;
    if (event.op === 'weight') weights[event.dom] = event.value || weights[event.dom];
    else if (event.op === 'cap') caps[event.dom] = event.value;
    else return INVALID;
    return 0;
  }

  insert(vcpu: ModelVcpu): void {
    vcpu.at = this.pick(vcpu);
  }

  pick(vcpu: ModelVcpu): number {
    this.of(vcpu).moved = true;
    return this.waiting.best(vcpu);
  }

  wake(vcpu: ModelVcpu): Fields {
    const purse = this.of(vcpu);
    if (this.world.place(vcpu) < 0 && !this.waiting.waits(vcpu)) {
      const { moved } = purse;
      purse.moved = false;
      if (!moved && purse.pri === UNDER && !purse.parked) purse.pri = BOOST;
      this.waiting.enqueue(vcpu.at, vcpu.id);
      this.tell(purse);
    }
    return { credit: purse.credit, pri: purse.pri };
  }

  /** Tells pCPUs of one that has woken. */
  private tell(purse: Purse): void {
    for (const cpu of this.targets(purse)) {
      this.waiting.idlers.delete(cpu);
      this.world.raise(cpu);
    }
  }

  private targets({ vcpu, pri }: Purse): number[] {
    const { world, waiting, toldLast } = this;
    const running = world.current[vcpu.at];
    const idle = world.all.filter((cpu) => waiting.idlers.has(cpu) && world.pool.has(cpu));
    if (running === undefined || (vcpu.hard.size === 1 && idle.includes(vcpu.at))) return [vcpu.at];
    const beats = pri > this.of(running).pri;
    for (const mask of this.waiting.steps(vcpu)) {
      const open = mask.filter((cpu) => idle.includes(cpu));
      if (open.length === 0) continue;
      if (world.scenario.params.tickle_one_idle === 0) return open;
      const cpu = cycle(toldLast[world.here], open);
      toldLast[world.here] = cpu;
      return [cpu];
    }
    if (!beats) return [];
    if (world.old && idle.some((cpu) => running.hard.has(cpu))) {
      world.record('kick', { v: running.id, by: 'tickle' });
      running.moving = true;
    }
    return [vcpu.at];
  }

  sleep(vcpu: ModelVcpu): void {
    const cpu = this.world.place(vcpu);
    if (cpu >= 0) this.world.raise(cpu);
    else if (this.waiting.waits(vcpu)) this.waiting.dequeue(vcpu.at, vcpu.id);
  }

  yields(vcpu: ModelVcpu): void {
    this.of(vcpu).yields = true;
  }

  remove(vcpu: ModelVcpu): void {
    const { world } = this;
    const purse = this.of(vcpu);
    if (purse.parked) {
      purse.parked = false;
      // Since 4.13 those with higher numbers, which are gone already, are taken for parts of this one.
      const more = world.vcpus.filter(({ dom, id }) => dom === vcpu.dom && id > vcpu.id);
      for (const { id } of world.old ? [vcpu] : [vcpu, ...more]) world.record('unpark', { v: id });
    }
    if (purse.active) this.accounts.stop(purse);
  }

  choose(cpu: number): Choice {
    const { world, waiting, settings } = this;
    const { now } = world;
    const running = world.current[cpu];
    const before = running && this.of(running);
    const ran = now - world.entered[cpu];
    if (before !== undefined) {
      burn(before, now);
      before.since -= now;
      before.stopped = now;
      if (!before.yields && world.may(before.vcpu) && ran < settings.limit) {
        before.since += now;
        return this.choice(before, before, ran < 100 ? 100 : settings.limit - ran, { rl: 1 });
      }
    }
    if (before === undefined || world.may(before.vcpu)) waiting.enqueue(cpu, running?.id ?? IDLE);
    let next: { readonly id: number; readonly came: boolean };
    do next = this.take(cpu, before);
    while (!world.old && next.id !== IDLE && !world.may(this.purses[next.id].vcpu));
    const after = this.purses[next.id];
    if (after === undefined) waiting.idlers.add(cpu);
    else {
      waiting.idlers.delete(cpu);
      after.since += now;
    }
    if (!world.old && (before === undefined) !== (after === undefined)) {
      waiting.places[cpu].tick = after === undefined ? NEVER : this.nextTick();
    }
    const slice = after === undefined ? -1 : settings.slice;
    return this.choice(before, after, slice, next.came ? { mig: 1 } : {});
  }

  private choice(p: Purse | undefined, n: Purse | undefined, slice: number, more: Fields): Choice {
    const fields = {
      pc: p?.credit ?? null,
      pp: p?.pri ?? NONE,
      nc: n?.credit ?? null,
      np: n?.pri ?? NONE,
      ...more,
    };
    return { next: n?.vcpu, slice, fields };
  }

  private nextTick(): number {
    const { now } = this.world;
    return now + this.settings.period - (now % this.settings.period);
  }

  /** Takes the first that waits on a pCPU, or somebody better who comes from elsewhere. */
  private take(cpu: number, before: Purse | undefined): { id: number; came: boolean } {
    const { world, waiting } = this;
    const [head] = waiting.places[cpu].queue;
    const pri = waiting.priority(head);
    if (before !== undefined && !world.newest) before.yields = false;
    if (pri <= OVER && waiting.mayBalance(cpu) && world.pool.has(cpu)) {
      const stolen = waiting.steal(cpu, pri);
      if (stolen !== undefined) return { id: stolen, came: true };
    }
    waiting.dequeue(cpu, head);
    return { id: head, came: false };
  }

  private tick(cpu: number): void {
    const { world, accounts, waiting } = this;
    const running = world.current[cpu];
    if (running !== undefined) {
      const purse = this.of(running);
      if (purse.pri === BOOST) purse.pri = UNDER;
      burn(purse, world.now);
      if (!purse.active) accounts.start(purse);
      else if (waiting.best(running) !== cpu) {
        world.record('kick', { v: running.id, by: 'tick' });
        running.moving = true;
        world.raise(cpu);
      }
    }
    waiting.sort(cpu, accounts.epoch);
    waiting.places[cpu].tick = world.now + this.settings.period;
    const fields = running && { credit: this.of(running).credit, pri: this.of(running).pri };
    world.record('tick', { cpu, cur: running?.id ?? IDLE, ...fields });
  }

  due(): Due[] {
    const { accounts, pcpus } = this;
    const { slice, sliceMs } = this.settings;
    const account = () => accounts.run(sliceMs * CREDITS_PER_MS, pcpus, slice);
    const ticks = this.waiting.places.map(
      ({ tick }, cpu): Due => [tick, 3, cpu, cpu, () => this.tick(cpu)],
    );
    return [[accounts.at, 2, 0, 0, account], ...ticks];
  }

  leave(cpu: number): void {
    this.pcpus--;
    this.waiting.leave(cpu);
  }

  enter(cpu: number): void {
    this.pcpus++;
    this.waiting.enter(cpu, this.accounts.epoch);
  }

  doze(cpu: number): void {
    if (this.world.old) this.waiting.places[cpu].tick = NEVER;
  }

  rouse(cpu: number): void {
    if (this.world.old) this.waiting.places[cpu].tick = this.nextTick();
  }

  state(vcpu: ModelVcpu): number[] {
    const { credit, pri, active, parked } = this.of(vcpu);
    return [credit, pri, (active ? 1 : 0) + (parked ? 2 : 0)];
  }
}
