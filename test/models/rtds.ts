import type { ScenarioEvent } from '../../src/conformance/scenario-events.ts';
import {
  type Choice,
  cycle,
  type Due,
  type Fields,
  type ModelVcpu,
  micros,
  type Rules,
} from './rules.ts';
import type { World } from './world.ts';

/*
 * rtds of master, 4.17 and 4.12, worked out anew from Xen's rules. The run queue is no queue: the first of it is searched among all. Only the queue of
 * replenishments is one, because what it is sorted by changes in it.
 */

const PERIOD = 10e6;
const BUDGET = 4e6;
const LEAST = 10e3;
const INVALID = -22;

interface Server {
  readonly vcpu: ModelVcpu;
  period: number;
  budget: number;
  extra: boolean;
  left: number;
  deadline: number;
  level: number;
  /** Its time is charged since then. */
  since: number;
  depleted: boolean;
  waits: 'no' | 'with budget' | 'without';
  /** When it began to wait: who came first. */
  turn: number;
}

export class RtdsModel implements Rules {
  private readonly world: World;
  private readonly servers: Server[];
  private readonly told = new Set<number>();
  private refills: Server[] = [];
  private turns = 0;

  constructor(world: World) {
    this.world = world;
    this.servers = world.vcpus.map((vcpu) => ({
      vcpu,
      period: PERIOD,
      budget: BUDGET,
      extra: true,
      left: 0,
      deadline: 0,
      level: 0,
      since: 0,
      depleted: false,
      waits: 'no',
      turn: 0,
    }));
  }

  private of(vcpu: ModelVcpu): Server {
    return this.servers[vcpu.id];
  }

  insert(vcpu: ModelVcpu): void {
    vcpu.at = this.pick(vcpu);
    const server = this.of(vcpu);
    if (this.world.now >= server.deadline) this.renew(server);
  }

  adjust(dom: number): void {
    const own = this.servers.filter(({ vcpu }) => vcpu.dom === dom);
    for (const [nth, given] of this.world.scenario.domains[dom].vcpus.entries()) {
      const { period_us, budget_us, extratime } = given;
      if (period_us === undefined) continue;
      this.reserve(own[nth], period_us, budget_us ?? BUDGET / 1000, Boolean(extratime ?? true));
    }
  }

  private reserve(server: Server, period: number, budget: number, extra: boolean): void {
    server.period = micros(period);
    server.budget = micros(budget);
    if (extra && !server.extra && server.left <= 0 && this.world.newest) {
      server.level++;
      server.left = server.budget;
      server.depleted = false;
      // Nobody is told: it may be lost.
      if (server.waits !== 'no') this.enqueue(server);
    }
    server.extra = extra;
  }

  event(event: ScenarioEvent): number {
    if (event.op !== 'rtds' && event.op !== 'rtdsdom') return INVALID;
    const { period_us, budget_us } = event;
    const small = Math.min(micros(period_us), micros(budget_us)) < LEAST;
    const checked = event.op === 'rtds' || this.world.newest;
    if (checked && (small || budget_us > period_us)) return INVALID;
    if (event.op === 'rtds') {
      this.reserve(this.servers[event.v], period_us, budget_us, Boolean(event.extratime));
      return 0;
    }
    for (const server of this.servers) {
      if (server.vcpu.dom === event.dom) this.reserve(server, period_us, budget_us, server.extra);
    }
    return 0;
  }

  /** Periods go by until the deadline is to come. */
  private renew(server: Server): void {
    const { now } = this.world;
    const periods = Math.floor((now - server.deadline) / server.period) + 1;
    server.deadline += periods * server.period;
    server.since = now;
    server.left = server.budget;
    server.level = 0;
  }

  private before(a: Server, b: Server): boolean {
    return a.level === b.level ? a.deadline < b.deadline : a.level < b.level;
  }

  /** The first of those that wait with a budget. */
  private best(among: readonly Server[]): Server | undefined {
    const [first] = among
      .filter(({ waits }) => waits === 'with budget')
      .sort((a, b) => a.level - b.level || a.deadline - b.deadline || a.turn - b.turn);
    return first;
  }

  private enqueue(server: Server): void {
    server.waits = server.left > 0 || server.extra ? 'with budget' : 'without';
    server.turn = this.turns++;
  }

  private expect(server: Server): void {
    const behind = this.refills.findIndex((other) => this.before(server, other));
    this.refills.splice(behind < 0 ? this.refills.length : behind, 0, server);
  }

  private forget(server: Server): void {
    this.refills = this.refills.filter((other) => other !== server);
  }

  private burn(server: Server): void {
    const { now } = this.world;
    server.left -= now - server.since;
    server.since = now;
    if (server.left > 0) return;
    if (server.extra) {
      server.level++;
      server.left = server.budget;
    } else {
      server.left = 0;
      server.depleted = true;
    }
  }

  pick(vcpu: ModelVcpu): number {
    const allowed = this.world.allowed(vcpu);
    return allowed.includes(vcpu.at) ? vcpu.at : cycle(vcpu.at, allowed);
  }

  /** Tells an idle pCPU, or else the one whose vCPU is the last of all, if `server` is before that one. */
  private tell(server: Server): void {
    const { world, told } = this;
    let open = world.allowed(server.vcpu).filter((cpu) => !told.has(cpu));
    let cpu = server.vcpu.at;
    if (!open.includes(cpu)) cpu = cycle(cpu, open);
    let last: { readonly server: Server; readonly cpu: number } | undefined;
    while (open.length > 0) {
      const runs = world.current[cpu];
      if (runs === undefined) return this.notify(cpu);
      const other = this.of(runs);
      if (last === undefined || this.before(last.server, other)) last = { server: other, cpu };
      const visited = cpu;
      open = open.filter((one) => one !== visited);
      cpu = cycle(cpu, open);
    }
    if (last !== undefined && this.before(server, last.server)) this.notify(last.cpu);
  }

  private notify(cpu: number): void {
    this.told.add(cpu);
    this.world.raise(cpu);
  }

  wake(vcpu: ModelVcpu): Fields {
    const server = this.of(vcpu);
    if (this.world.place(vcpu) < 0 && server.waits === 'no') {
      if (this.world.now >= server.deadline) this.renew(server);
      this.expect(server);
      this.enqueue(server);
      this.tell(server);
    }
    const { left, deadline, level } = server;
    return { budget: left, deadline, level };
  }

  sleep(vcpu: ModelVcpu): void {
    const cpu = this.world.place(vcpu);
    if (cpu >= 0) this.world.raise(cpu);
    else this.remove(vcpu);
  }

  remove(vcpu: ModelVcpu): void {
    const server = this.of(vcpu);
    server.waits = 'no';
    this.forget(server);
  }

  saved(vcpu: ModelVcpu): void {
    const server = this.of(vcpu);
    if (this.world.may(vcpu)) {
      this.enqueue(server);
      this.tell(server);
    } else this.forget(server);
  }

  choose(cpu: number): Choice {
    const { world, told } = this;
    told.delete(cpu);
    const running = world.current[cpu];
    const before = running && this.of(running);
    if (before !== undefined) this.burn(before);
    let next: Server | undefined;
    for (;;) {
      next = this.best(this.servers.filter(({ vcpu }) => world.allowed(vcpu).includes(cpu)));
      if (next === undefined || world.old || world.may(next.vcpu)) break;
      this.remove(next.vcpu);
    }
    if (before !== undefined && world.may(before.vcpu) && before.left > 0) {
      if (next === undefined || this.before(before, next)) next = before;
    }
    const came = next !== undefined && next.vcpu.at !== cpu;
    if (next !== undefined) {
      next.since = world.now;
      next.waits = 'no';
      world.shift(next.vcpu, cpu, 'pull');
    }
    const [p, n] = [before, next];
    return {
      next: next?.vcpu,
      slice: next?.left ?? -1,
      fields: {
        pb: p?.left ?? null,
        pd: p?.deadline ?? null,
        pl: p?.level ?? null,
        nb: n?.left ?? null,
        nd: n?.deadline ?? null,
        nl: n?.level ?? null,
        ...(came && { mig: 1 }),
      },
    };
  }

  due(): Due[] {
    const [head] = this.refills;
    return head === undefined ? [] : [[head.deadline, 4, 0, 0, () => this.replenish()]];
  }

  private replenish(): void {
    const { world } = this;
    const renewed: Server[] = [];
    while (this.refills.length > 0 && world.now >= this.refills[0].deadline) {
      const server = this.refills[0];
      this.forget(server);
      this.renew(server);
      renewed.push(server);
      if (server.waits !== 'no') this.enqueue(server);
    }
    for (const server of [...renewed].reverse()) {
      const first = this.best(this.servers);
      if (first !== undefined && world.place(server.vcpu) >= 0) {
        if (this.before(first, server)) this.tell(first);
      } else if (server.depleted) {
        server.depleted = false;
        if (server.waits !== 'no') this.tell(server);
      }
      this.expect(server);
    }
    const u = renewed.map((server) => [server.vcpu.id, ...this.state(server.vcpu)]);
    world.record('repl', { u });
  }

  state(vcpu: ModelVcpu): number[] {
    const server = this.of(vcpu);
    const { left, deadline, level, waits, depleted } = server;
    const refill = this.refills.includes(server);
    const flags = (waits === 'no' ? 0 : 1) + (refill ? 2 : 0) + (depleted ? 4 : 0);
    return [left, deadline, level, flags];
  }
}
