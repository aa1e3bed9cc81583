import type { SchedulerScenario } from '../../src/conformance/scenario.ts';
import { type Choice, type Due, type ModelVcpu, NEVER, type Rules } from './rules.ts';
import type { World } from './world.ts';

/*
 * arinc653 of master, 4.17 and 4.12, all of it, worked out anew from Xen's rules: which entry of the table it is when, and which
 * vCPU that means. The first domain may be a control domain.
 */

const FRAME = 10e6;
const ENTRIES_MAX = 64;

type Table = NonNullable<SchedulerScenario['schedules']>[number];

export class Arinc653Model implements Rules {
  private readonly world: World;
  private readonly awake = new Set<ModelVcpu>();
  private readonly setLater: { readonly k: number; readonly table: Table }[] = [];
  private entries: Table['entries'][number][] = [];
  private major: number;
  private index = 0;
  private slotEnd = FRAME;
  private frameEnd = FRAME;

  constructor(world: World) {
    this.world = world;
    this.major = world.old ? 0 : FRAME;
    for (const cpu of world.all) world.limit[cpu] = FRAME;
    for (const [k, table] of (world.scenario.schedules ?? []).entries()) {
      if (table.at !== undefined) this.setLater.push({ k, table });
    }
  }

  insert({ dom, id }: ModelVcpu): void {
    const { world, entries } = this;
    if (world.scenario.domains[dom].control !== 1 || entries.length >= ENTRIES_MAX) return;
    const vcpu = id - world.vcpus.findIndex((other) => other.dom === dom);
    if (world.old || entries.length > 0) this.major += FRAME;
    entries.push({ dom, vcpu, runtime_ns: FRAME });
  }

  /** After the last domain: the tables that are there from the start. */
  begin(): void {
    for (const table of this.world.scenario.schedules ?? []) {
      if (table.at === undefined) this.set(table);
    }
  }

  private set({ major_frame, entries }: Table): boolean {
    const sum = entries.reduce((total, { runtime_ns }) => total + runtime_ns, 0);
    const fits = entries.length > 0 && entries.length <= ENTRIES_MAX && sum <= major_frame;
    if (!fits || entries.some(({ runtime_ns }) => runtime_ns <= 0)) return false;
    this.entries = [...entries];
    this.major = major_frame;
    this.frameEnd = this.world.now;
    return true;
  }

  /** The vCPU of an entry, if there is one. */
  private owner(entry: Table['entries'][number] | undefined): ModelVcpu | undefined {
    if (entry === undefined) return undefined;
    const own = this.world.vcpus.filter(({ dom, exists }) => dom === entry.dom && exists);
    return own[entry.vcpu];
  }

  pick({ at }: ModelVcpu): number {
    const { pool } = this.world;
    return pool.has(at) ? at : Math.min(...pool);
  }

  wake(vcpu: ModelVcpu) {
    this.awake.add(vcpu);
    this.world.raise(vcpu.at);
    return {};
  }

  sleep(vcpu: ModelVcpu): void {
    this.awake.delete(vcpu);
    if (this.world.place(vcpu) >= 0) this.world.raise(vcpu.at);
  }

  remove(vcpu: ModelVcpu): void {
    this.awake.delete(vcpu);
  }

  /** Sets what entry it is: the ends of all entries of the frame are searched for the first that is to come. */
  private advance(): void {
    const { now, newest } = this.world;
    const lengths = this.entries.map(({ runtime_ns }) => runtime_ns);
    if (!newest && lengths.length === 0) {
      this.frameEnd = now + FRAME;
    } else if (now >= this.frameEnd) {
      const start = newest ? now - ((now - this.frameEnd) % this.major) : now;
      this.frameEnd = start + this.major;
      this.index = 0;
      this.slotEnd = start + (lengths[0] ?? FRAME);
      if (newest) this.pass(lengths);
    } else this.pass(lengths);
    if (this.index >= lengths.length) this.slotEnd = this.frameEnd;
  }

  private pass(lengths: readonly number[]): void {
    while (this.world.now >= this.slotEnd) {
      this.index++;
      if (this.index >= lengths.length) return;
      this.slotEnd += lengths[this.index];
    }
  }

  choose(cpu: number): Choice {
    this.advance();
    const { world, index, slotEnd, frameEnd } = this;
    const owner = this.owner(this.entries[index]);
    const runs = owner?.at === cpu && this.awake.has(owner) && world.may(owner);
    return {
      next: runs ? owner : undefined,
      slice: slotEnd - world.now,
      fields: { idx: index, sw: slotEnd, frame: frameEnd },
    };
  }

  due(): Due[] {
    const [next] = [...this.setLater].sort((a, b) => (a.table.at ?? 0) - (b.table.at ?? 0));
    if (next === undefined) return [];
    const { k, table } = next;
    const work = () => {
      this.setLater.splice(this.setLater.indexOf(next), 1);
      this.world.record('set', { k, rc: this.set(table) ? 0 : -22 });
    };
    return [[table.at ?? NEVER, 6, k, 0, work]];
  }

  state(vcpu: ModelVcpu): number {
    const count = this.entries.filter((entry) => this.owner(entry) === vcpu).length;
    return (this.awake.has(vcpu) ? 1 : 0) + 2 * count;
  }
}
