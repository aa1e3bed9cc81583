import type { SchedulerScenario } from '../../src/conformance/scenario.ts';
import type { ScenarioEvent } from '../../src/conformance/scenario-events.ts';
import {
  type Due,
  type Fields,
  IDLE,
  type ModelVcpu,
  NEVER,
  newVcpus,
  type Rules,
} from './rules.ts';
import { create, operate } from './world-operations.ts';

/*
 * What surrounds a scheduler, worked out anew: the clock, scripts of guests, pauses, moves and the pool, for models of
 * schedulers. Nothing takes time, all pCPUs are alike. It shares no code with the machine, only the form of scenarios and
 * records: each step searches all that may happen for the first.
 */

const NOTHING: Due = [NEVER, NEVER, 0, 0, () => {}];

export class World {
  now = 0;
  /** The pCPU that does something. */
  here = 0;
  readonly scenario: SchedulerScenario;
  /** Xen before 4.13, and the newest. */
  readonly old: boolean;
  readonly newest: boolean;
  readonly all: readonly number[];
  readonly pool: Set<number>;
  readonly known: Set<number>;
  readonly vcpus: readonly ModelVcpu[];
  readonly current: (ModelVcpu | undefined)[];
  readonly entered: number[];
  readonly limit: number[];
  readonly domainPauses: number[];
  /** A pCPU that is about to leave, -1: none. */
  leaving = -1;
  log: Fields[] = [];
  private readonly pending = new Set<number>();
  private raised: number[] = [];
  private readonly asleep: boolean[];
  private readonly events: readonly ScenarioEvent[];
  private nextEvent = 0;
  readonly rules: Rules;

  constructor(scenario: SchedulerScenario, rules: (world: World) => Rules) {
    this.scenario = scenario;
    this.old = scenario.xen === '4.12';
    this.newest = (scenario.xen ?? 'master') === 'master';
    this.events = scenario.events ?? [];
    this.all = Array.from({ length: scenario.pcpus }, (_, cpu) => cpu);
    this.pool = new Set(this.all);
    this.known = new Set(this.all);
    this.current = this.all.map(() => undefined);
    this.entered = this.all.map(() => 0);
    this.limit = this.all.map(() => NEVER);
    this.asleep = this.all.map(() => true);
    this.domainPauses = scenario.domains.map(() => 0);
    this.vcpus = newVcpus(scenario);
    this.rules = rules(this);
  }

  /** Everything until the end of the scenario, as records. */
  run(): Fields[] {
    const { scenario, events } = this;
    for (const dom of scenario.domains.keys()) {
      if (!events.some((event) => event.op === 'create' && event.dom === dom)) create(this, dom);
    }
    this.rules.begin?.();
    const { sched, name, duration } = scenario;
    this.log = [];
    this.record('init', { sched, name, ...this.states() });
    for (;;) {
      const first = this.due().reduce((a, b) => (this.comesBefore(a, b) ? a : b), NOTHING);
      if (first[0] >= duration) break;
      const [time, , , cpu, work] = first;
      this.now = Math.max(time, this.now);
      this.here = cpu;
      this.rouse(cpu);
      work();
      this.doze(cpu);
      this.here = -1;
      this.drain();
    }
    this.now = duration;
    const decisions = this.log.filter(({ ev }) => ev === 'sched').length;
    for (const cpu of this.all) this.stop(cpu);
    const { u } = this.states();
    this.record('end', { decisions, run: this.vcpus.map(({ ran }) => ran), u });
    return this.log;
  }

  record(ev: string, fields: Fields): void {
    this.log.push({ ev, t: this.now, ...fields });
  }

  /** @returns where the vCPUs are, and what their scheduler says of them */
  states(): { cpu: number[]; u: unknown[] } {
    const { vcpus, rules } = this;
    return {
      cpu: vcpus.map(({ at, exists }) => (exists ? at : -1)),
      u: vcpus.map((vcpu) => (vcpu.exists ? rules.state(vcpu) : null)),
    };
  }

  may(vcpu: ModelVcpu): boolean {
    const { exists, down, blocked, moving, pauses, dom } = vcpu;
    return exists && !(down || blocked || moving) && pauses + this.domainPauses[dom] === 0;
  }

  /** pCPUs of the pool that its hard affinity allows. */
  allowed({ hard }: ModelVcpu): number[] {
    return this.all.filter((cpu) => hard.has(cpu) && this.pool.has(cpu));
  }

  /** The pCPU on which it runs, -1: none. */
  place(vcpu: ModelVcpu): number {
    return this.current.indexOf(vcpu);
  }

  raise(cpu: number): void {
    this.pending.add(cpu);
    this.raised.push(cpu);
  }

  move(vcpu: ModelVcpu): void {
    vcpu.moving = true;
    this.rules.sleep(vcpu);
    if (this.place(vcpu) < 0) this.arrive(vcpu);
  }

  private arrive(vcpu: ModelVcpu): void {
    const target = this.rules.pick(vcpu);
    vcpu.moving = false;
    this.shift(vcpu, target, 'move');
    this.wake(vcpu, 'mig');
  }

  /** Gives it to another pCPU. */
  shift(vcpu: ModelVcpu, to: number, why: string): void {
    if (vcpu.at !== to) this.record('mig', { v: vcpu.id, from: vcpu.at, to, why });
    vcpu.at = to;
  }

  wake(vcpu: ModelVcpu, why: string): void {
    if (!this.may(vcpu)) {
      if (why === 'start' || why === 'unblock') this.record('wakeskip', { v: vcpu.id });
      return;
    }
    this.raised = [];
    const fields = this.rules.wake(vcpu);
    this.record('wake', { v: vcpu.id, cpu: vcpu.at, why, tickled: [...this.raised], ...fields });
  }

  sleep(vcpu: ModelVcpu): void {
    if (!this.may(vcpu)) this.rules.sleep(vcpu);
  }

  pause(vcpu: ModelVcpu): void {
    this.sleep(vcpu);
    while (this.place(vcpu) >= 0) this.pass(this.place(vcpu));
  }

  drain(): void {
    while (this.pending.size > 0) this.pass(Math.min(...this.pending));
  }

  /** Does all that is due when an alarm rings. */
  ring(vcpu: ModelVcpu): void {
    vcpu.alarm = NEVER;
    if (vcpu.started) {
      if (!vcpu.blocked) return;
      vcpu.blocked = false;
      this.wake(vcpu, 'unblock');
    } else {
      vcpu.started = true;
      vcpu.down = false;
      this.load(vcpu, 0);
      this.wake(vcpu, 'start');
    }
  }

  private rouse(cpu: number): void {
    if (this.asleep[cpu]) this.rules.rouse?.(cpu);
    this.asleep[cpu] = false;
  }

  private doze(cpu: number): void {
    if (this.current[cpu] !== undefined || this.pending.has(cpu)) return;
    this.asleep[cpu] = true;
    this.rules.doze?.(cpu);
  }

  /** schedule() of a pCPU. */
  private pass(cpu: number): void {
    const { here } = this;
    this.here = cpu;
    if (cpu !== here) this.rouse(cpu);
    this.pending.delete(cpu);
    if (this.known.has(cpu)) this.switchTo(cpu);
    if (cpu !== here) this.doze(cpu);
    this.here = here;
  }

  private switchTo(cpu: number): void {
    this.limit[cpu] = NEVER;
    const before = this.current[cpu];
    const { next, slice, fields } = this.rules.choose(cpu);
    if (slice >= 0) this.limit[cpu] = this.now + slice;
    const ids = { prev: before?.id ?? IDLE, next: next?.id ?? IDLE };
    this.record('sched', { cpu, ...ids, slice, ...fields });
    if (next === before) return;
    this.stop(cpu);
    this.current[cpu] = next;
    this.entered[cpu] = this.now;
    if (before === undefined) return;
    this.rules.saved?.(before);
    if (before.moving) this.arrive(before);
  }

  /** When the work of a vCPU begins or goes on that has come to a pCPU. */
  private begin(cpu: number): number {
    const cost = this.scenario.params.ctx_switch_ns;
    return this.entered[cpu] + (typeof cost === 'number' ? cost : 0);
  }

  private stop(cpu: number): void {
    const vcpu = this.current[cpu];
    if (vcpu === undefined) return;
    vcpu.ran += this.now - this.entered[cpu];
    vcpu.left -= Math.max(0, this.now - this.begin(cpu));
  }

  private load(vcpu: ModelVcpu, index: number): void {
    vcpu.op = index % vcpu.script.length;
    const [name, time = NEVER] = vcpu.script[vcpu.op];
    vcpu.left = name === 'run' || name === 'spin' ? time : 0;
    // It is counted from when it came to its pCPU.
    const cpu = this.place(vcpu);
    if (cpu >= 0) vcpu.left += Math.max(0, this.now - this.begin(cpu));
  }

  /** What a vCPU had to compute is computed. */
  private complete(cpu: number): void {
    const vcpu = this.current[cpu];
    if (vcpu === undefined) return;
    const [name, time = 0] = vcpu.script[(vcpu.op + 1) % vcpu.script.length];
    if (name === 'run' || name === 'spin') return this.load(vcpu, vcpu.op + 1);
    const fields = { v: vcpu.id, cpu: vcpu.at };
    if (name === 'block') this.record('block', { ...fields, for: time });
    else this.record('yield', fields);
    this.load(vcpu, vcpu.op + 2);
    if (name === 'block') {
      vcpu.blocked = true;
      vcpu.alarm = this.now + time;
    } else this.rules.yields?.(vcpu);
    this.raise(cpu);
  }

  private due(): Due[] {
    const { vcpus, events, nextEvent } = this;
    const list: Due[] = this.rules.due?.() ?? [];
    for (const cpu of this.all) {
      const left = this.current[cpu]?.left ?? NEVER;
      list.push([this.begin(cpu) + left, 0, cpu, cpu, () => this.complete(cpu)]);
      const expire = () => {
        this.limit[cpu] = NEVER;
        this.raise(cpu);
      };
      list.push([this.limit[cpu], 5, cpu, cpu, expire]);
    }
    for (const vcpu of vcpus) {
      if (vcpu.exists) list.push([vcpu.alarm, 1, vcpu.id, vcpu.at, () => this.ring(vcpu)]);
    }
    const event = events[nextEvent];
    if (event !== undefined) {
      const cpu = event.op === 'unblock' ? event.cpu : 0;
      list.push([event.at, 7, nextEvent, cpu, () => this.carryOut(event)]);
    }
    return list;
  }

  /** Whether `a` is first; what is late is due now. */
  private comesBefore(a: Due, b: Due): boolean {
    const [early, late] = [Math.max(a[0], this.now), Math.max(b[0], this.now)];
    return early < late || (early === late && (a[1] - b[1] || a[2] - b[2]) < 0);
  }

  private carryOut(event: ScenarioEvent): void {
    const { at: _, op, ...members } = event;
    const k = this.nextEvent++;
    this.record('event', { k, op, ...members });
    const { length } = this.log;
    const rc = operate(this, event);
    if (op === 'create') this.log.length = length;
    this.record('did', { k, rc, ...this.states() });
  }
}
