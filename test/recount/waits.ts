import type { Machine } from '../../src/hypervisor/machine/machine.ts';
import * as ops from '../../src/hypervisor/ports.ts';
import type { Fact, Tape, What } from './tape.ts';

/** Something that waited from `began` on [ns], until the fact `end`; undefined: the tape ends before. */
export interface Wait {
  readonly kind: string;
  readonly pcpu: number;
  readonly vcpu: number;
  readonly began: number;
  readonly end: Fact | undefined;
  /** What it came to, if that is not the time it took: per ns of time. */
  readonly per?: number;
  /** Of a timer: when the softirq was raised that served it. */
  readonly raised?: number;
}

/** A tape with what is known of its machine, and its facts by what they are. */
export class Story {
  readonly facts: readonly Fact[];
  readonly p2ms: Tape['p2ms'];
  readonly machine: Machine;
  readonly end: number;
  /** Timers fire at their expiry, and nobody is told. */
  readonly timersAreExact: boolean;
  private readonly index = new Map<string, Fact[]>();
  private readonly trapFacts = new Map<number, Fact[]>();

  constructor(
    { facts, p2ms }: Pick<Tape, 'facts' | 'p2ms'>,
    machine: Machine,
    timersAreExact: boolean,
  ) {
    this.facts = facts;
    this.p2ms = p2ms;
    this.machine = machine;
    this.end = machine.now;
    this.timersAreExact = timersAreExact;
    const add = (key: string, fact: Fact) => {
      const list = this.index.get(key);
      if (list === undefined) this.index.set(key, [fact]);
      else list.push(fact);
    };
    for (const fact of facts) {
      add(fact.what, fact);
      add(`${fact.what} of ${fact.vcpu}`, fact);
      add(`${fact.what} on ${fact.pcpu}`, fact);
    }
  }

  /** In order: all of them, or those of a vCPU. */
  of(what: What, vcpu?: number): readonly Fact[] {
    return this.index.get(vcpu === undefined ? what : `${what} of ${vcpu}`) ?? [];
  }

  /** Those on a pCPU. */
  on(what: What, pcpu: number): readonly Fact[] {
    return this.index.get(`${what} on ${pcpu}`) ?? [];
  }

  /** When a vCPU went from its guest to the hypervisor without an interrupt. */
  traps(vcpu: number): readonly Fact[] {
    if (this.trapFacts.size === 0) {
      const modes = new Map<number, number>();
      for (const fact of this.of('mode')) {
        if (fact.a === 1 && modes.get(fact.pcpu) === 0) {
          const list = this.trapFacts.get(fact.vcpu);
          if (list === undefined) this.trapFacts.set(fact.vcpu, [fact]);
          else list.push(fact);
        }
        modes.set(fact.pcpu, fact.a);
      }
    }
    return this.trapFacts.get(vcpu) ?? [];
  }

  isBefore(a: Fact, b: Fact): boolean {
    return a.number < b.number;
  }

  /** The first of `facts`, which are in order, that happened after `fact`. */
  after(fact: Fact, facts: readonly Fact[]): Fact | undefined {
    return facts[this.countUpTo(facts, fact.number)];
  }

  /** The last of `facts` that happened before `fact`. */
  before(fact: Fact, facts: readonly Fact[]): Fact | undefined {
    return facts[this.countUpTo(facts, fact.number - 1) - 1];
  }

  /** Those of `facts`, which are in order, that happened after `fact`. */
  *from(fact: Fact, facts: readonly Fact[]): Iterable<Fact> {
    for (let i = this.countUpTo(facts, fact.number); i < facts.length; i++) yield facts[i];
  }

  /** The pCPU that `vcpu` is on when `fact` happens; absent: at the end. */
  place(vcpu: number, fact: Fact | undefined): number {
    const moves = this.of('moved', vcpu);
    return (fact === undefined ? moves.at(-1) : this.before(fact, moves))?.a as number;
  }

  private countUpTo(facts: readonly Fact[], number: number): number {
    let [low, high] = [0, facts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (facts[middle].number <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The hypervisor's waits, from what happened. */
export function hypervisorWaits(story: Story): Wait[] {
  const { machine } = story;
  const vcpus = machine.vcpus.map(({ id }) => id);
  return [
    ...machine.pcpus.flatMap(({ id }) => [...softirqs(story, id), ...spins(story, id)]),
    ...timers(story),
    ...vcpus.flatMap((vcpu) => [
      ...untilEntered(story, vcpu, 'wakeup', wakes(story, vcpu)),
      ...untilEntered(story, vcpu, 'stall', stalls(story, vcpu)),
      ...deliveries(story, vcpu),
      ...parkings(story, vcpu),
      ...requests(story, vcpu),
      ...locks(story, vcpu),
    ]),
  ];
}

function softirqs(story: Story, pcpu: number): Wait[] {
  const { machine } = story;
  const waits: Wait[] = [];
  const started = story.on('started', pcpu);
  const byNumber = [...Array(8).keys()].map((nr) => started.filter(({ a }) => a === nr));
  for (const fact of story.on('raised', pcpu)) {
    const nr = fact.a;
    const end = story.after(fact, byNumber[nr]);
    const kind = nr === machine.softirqTimer ? 'softirq_timer' : 'softirq_schedule';
    const wait = { pcpu, vcpu: -1, began: fact.at, end };
    waits.push({ kind, ...wait });
    if (isInFlush(story, fact)) waits.push({ kind: 'softirq_flush', ...wait });
  }
  return waits;
}

/** Raised by an interrupt or another pCPU between a trap that flushes and the return to the guest, or in a tasklet. */
function isInFlush(story: Story, raised: Fact): boolean {
  const { pcpu } = raised;
  const mode = story.before(raised, story.on('mode', pcpu));
  const fromOutside = mode?.a === 2 || (mode?.a === 1 && raised.b !== pcpu);
  if (!fromOutside) return false;
  const current = story.before(raised, story.on('activity', pcpu))?.vcpu ?? -1;
  if (current < 0) return taskletIsOn(story, raised);
  const call = story.before(raised, story.of('call', current));
  if (call === undefined || !SET_WAY_TRAPS.has(call.a)) return false;
  // The trap of that operation, or of one that is carried out again (a continuation).
  const trap = story.before(raised, story.traps(current));
  if (trap === undefined) return false;
  const entered = story.after(trap, story.of('entered', current));
  if (entered !== undefined && story.isBefore(entered, raised)) return false;
  const flush = story.after(trap, story.of('flush', current));
  return flush !== undefined && (entered === undefined || story.isBefore(flush, entered));
}

/** From the decision for the idle vCPU because of a tasklet to the end of the last flush that was handed to that pCPU. */
function taskletIsOn(story: Story, raised: Fact): boolean {
  let waiting = 0;
  let on = false;
  for (const fact of story.facts) {
    if (!story.isBefore(fact, raised)) break;
    if (fact.pcpu !== raised.pcpu && fact.what !== 'flushed') continue;
    if (fact.what === 'handed') waiting++;
    if (fact.what === 'flushed' && fact.b === raised.pcpu && --waiting === 0) on = false;
    if (fact.what === 'scheduled' && waiting > 0) on = true;
  }
  return on;
}

const SET_WAY_TRAPS = new Set([
  ops.OP_SET_WAY,
  ops.OP_CACHES_OFF,
  ops.OP_CACHES_ON,
  ops.OP_VM_REGISTER,
]);

/** Timers that were armed and fired, or should have. */
function timers(story: Story): Wait[] {
  const armed = new Map<number, Fact>();
  const raised = new Map<number, Fact>();
  const raisedNow = new Map<number, Fact>();
  const waits: Wait[] = [];
  const { softirqTimer } = story.machine;
  for (const fact of story.facts) {
    const { what, pcpu, a } = fact;
    if (what === 'armed') armed.set(a, fact);
    if (what === 'disarmed') armed.delete(a);
    if (what === 'raised' && a === softirqTimer) raisedNow.set(pcpu, fact);
    if (what === 'started' && a === softirqTimer) {
      raised.set(pcpu, raisedNow.get(pcpu) as Fact);
      raisedNow.delete(pcpu);
    }
    if (what !== 'fired') continue;
    const began = armed.get(a)?.b as number;
    armed.delete(a);
    const served = raised.get(pcpu)?.at as number;
    waits.push({ kind: 'timer', pcpu, vcpu: -1, began, end: fact, raised: served });
  }
  if (!story.timersAreExact) {
    for (const { pcpu, b } of armed.values()) {
      if (b >= story.end) continue;
      const pending = raisedNow.get(pcpu)?.at ?? story.end;
      const wait = { kind: 'timer', pcpu, vcpu: -1, began: b, end: undefined };
      waits.push({ ...wait, raised: pending });
    }
  }
  return waits;
}

/** What it waited for has happened, and it waits for nothing else: its pause flags (blocked 1, down 2, in Xen 4) are gone. */
function wakes(story: Story, vcpu: number): Fact[] {
  return story.of('awake', vcpu).filter(({ a }) => a === 1 || a === 2 || a === 4);
}

/** Taken off although it could go on (running, then runnable); unparked, not asleep, and off its pCPU. */
function stalls(story: Story, vcpu: number): Fact[] {
  const off = story.of('runstate', vcpu).filter(({ a, b }) => a === 0 && b === 1);
  const unparked = story
    .of('parked', vcpu)
    .filter((fact) => fact.a === 0 && fact.b === 0 && !isChosen(story, fact));
  return [...off, ...unparked].sort((a, b) => a.number - b.number);
}

/** The last decision on its pCPU was for the vCPU. */
function isChosen(story: Story, fact: Fact): boolean {
  return story.before(fact, story.on('scheduled', fact.pcpu))?.vcpu === fact.vcpu;
}

/** Each wait from the first of `begins` on, to the next guest instruction; those meanwhile are part of it. */
function untilEntered(story: Story, vcpu: number, kind: string, begins: readonly Fact[]): Wait[] {
  const waits: Wait[] = [];
  const entered = story.of('entered', vcpu);
  let last: Fact | undefined;
  let open = false;
  for (const begin of begins) {
    if (open && (last === undefined || story.isBefore(begin, last))) continue;
    last = story.after(begin, entered);
    open = true;
    waits.push({ kind, pcpu: story.place(vcpu, last), vcpu, began: begin.at, end: last });
  }
  return waits;
}

function parkings(story: Story, vcpu: number): Wait[] {
  const changes = story.of('parked', vcpu);
  return changes
    .filter(({ a }) => a === 1)
    .map((begin) => {
      const end = story.after(begin, changes);
      return { kind: 'parked', pcpu: story.place(vcpu, end), vcpu, began: begin.at, end };
    });
}

function requests(story: Story, vcpu: number): Wait[] {
  const done = story.of('worked', vcpu);
  const waits: Wait[] = [];
  let last: Fact | undefined;
  let open = false;
  for (const begin of story.of('work', vcpu)) {
    if (open && (last === undefined || story.isBefore(begin, last))) continue;
    last = story.after(begin, done);
    open = true;
    const pcpu = story.place(vcpu, last);
    waits.push({ kind: 'request', pcpu, vcpu, began: begin.at, end: last });
  }
  return waits;
}

/** Holding the lock for reading, and spinning for it: the pCPU's time goes to that. */
function locks(story: Story, vcpu: number): Wait[] {
  const waits: Wait[] = [];
  for (const begin of story.of('read', vcpu)) {
    const end = story.after(begin, story.on('unread', begin.pcpu));
    waits.push({ kind: 'lock_hold', pcpu: story.place(vcpu, end), vcpu, began: begin.at, end });
  }
  return waits;
}

/** Spinning for the lock: from the pCPU's going over to that until it goes on with something else than an interrupt. */
function spins(story: Story, pcpu: number): Wait[] {
  const [lock, interrupt] = [6, 5];
  const waits: Wait[] = [];
  let first: Fact | undefined;
  for (const change of story.on('activity', pcpu)) {
    if (change.a === lock) first ??= change;
    else if (first !== undefined && change.a !== interrupt) {
      waits.push(spin(story, first, change));
      first = undefined;
    }
  }
  if (first !== undefined) waits.push(spin(story, first, undefined));
  return waits;
}

/** Of the vCPU that is there, or of that whose flush the idle vCPU does. */
function spin(story: Story, begin: Fact, end: Fact | undefined): Wait {
  const idle = begin.vcpu < 0;
  const flush = story.before(begin, story.on('handed', begin.pcpu));
  const vcpu = idle ? (flush?.vcpu ?? -1) : begin.vcpu;
  return { kind: 'lock_wait', pcpu: story.place(vcpu, end), vcpu, began: begin.at, end };
}

/** Events for a vCPU, when each was due by what its guest and others did; `came`: that it has come. */
function deliveries(story: Story, vcpu: number): Wait[] {
  const waits: Wait[] = [];
  const entered = story.of('entered', vcpu);
  for (const came of story.of('came', vcpu)) {
    const end = story.after(came, entered);
    const began = came.a;
    waits.push({ kind: 'delivery', pcpu: story.place(vcpu, end), vcpu, began, end });
  }
  const coming = story.machine.vcpus[vcpu];
  const due = dues(story, vcpu).at(-1);
  if (
    due !== undefined &&
    due.state === 'armed' &&
    due.at < story.end &&
    coming.upSince < story.end
  ) {
    const pcpu = story.place(vcpu, undefined);
    waits.push({ kind: 'delivery', pcpu, vcpu, began: due.at, end: undefined });
  }
  return waits;
}

interface Due {
  readonly at: number;
  state: 'armed' | 'came' | 'disarmed';
}

/**
 * The expiries of a vCPU's timer by what its guest did, and what became of each. An expiry in the past is due when it is
 * armed. Throws if one came that was not due, or if the guest went on without one that was.
 */
export function dues(story: Story, vcpu: number): Due[] {
  const list: Due[] = [];
  let armed: Due | undefined;
  const arm = (expiry: number, now: number) => {
    if (armed !== undefined) armed.state = 'disarmed';
    armed =
      expiry === Number.POSITIVE_INFINITY
        ? undefined
        : { at: Math.max(expiry, now), state: 'armed' };
    if (armed !== undefined) list.push(armed);
  };
  for (const fact of story.facts) {
    if (fact.vcpu !== vcpu) continue;
    if (fact.what === 'call' && fact.a === ops.OP_SET_TIMER) arm(fact.b, fact.at);
    if (fact.what === 'interrupt' && fact.a !== Number.POSITIVE_INFINITY) arm(fact.a, fact.at);
    if (fact.what === 'came' && armed !== undefined && fact.a === armed.at) {
      armed.state = 'came';
      armed = undefined;
    } else if (fact.what === 'entered' && armed !== undefined && armed.at < fact.at) {
      throw new Error(`vCPU ${vcpu} goes on at ${fact.at} without what was due at ${armed.at}`);
    }
  }
  return list;
}
