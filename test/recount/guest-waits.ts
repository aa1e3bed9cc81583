import { sampler } from '../../src/engine/distribution.ts';
import { randomStream } from '../../src/engine/random-stream.ts';
import { exponential, uniformInteger } from '../../src/engine/variates.ts';
import type { Setup } from '../../src/experiment/schema/schema.ts';
import * as ops from '../../src/hypervisor/ports.ts';
import type { Fact } from './tape.ts';
import type { Story, Wait } from './waits.ts';

type GuestSpec = Setup['domains'][number]['vcpus'][number]['guest'];

/** A vCPU of the experiment: its guest, and what its random streams are called. */
interface Place {
  readonly vcpu: number;
  readonly guest: GuestSpec;
  readonly name: string;
  /** The vCPUs of its group, of which it is one. */
  readonly group: readonly number[];
}

/** The draws of an experiment, for those who have to know what was drawn. */
export interface Draws {
  readonly seed: number;
  readonly replication: number;
}

function placesOf({ domains }: Setup): Place[] {
  const places: Place[] = [];
  for (const { name, vcpus } of domains) {
    let number = 0;
    for (const { guest, count } of vcpus) {
      const group = Array.from({ length: count }, (_, i) => places.length + i);
      for (let i = 0; i < count; i++) {
        places.push({ vcpu: places.length, guest, name: `${name}/${number++}`, group });
      }
    }
  }
  return places;
}

/** What guests wait for, from what they did and when; and how many expiries wakers have missed. */
export function guestWaits(
  story: Story,
  setup: Setup,
  draws: Draws,
): { waits: Wait[]; missed: number } {
  const waits: Wait[] = [];
  let missed = 0;
  const seen = new Set<number>();
  for (const place of placesOf(setup)) {
    const teller = new Teller(story, place, draws, waits);
    missed += teller.tell();
    if (place.guest.name === 'server' && !seen.has(place.group[0])) {
      seen.add(place.group[0]);
      teller.jobs(place.guest);
    }
  }
  return { waits, missed };
}

/** By guest: what it measures of an operation. */
const OPERATIONS: Readonly<Record<string, ReadonlyMap<number, string>>> = {
  'set-way-flusher': new Map([
    [ops.OP_SET_WAY, 'flush'],
    [ops.OP_CACHES_OFF, 'flush'],
    [ops.OP_CACHES_ON, 'flush'],
  ]),
  program: new Map([
    [ops.OP_SET_WAY, 'batch'],
    [ops.OP_CACHES_OFF, 'toggle'],
    [ops.OP_CACHES_ON, 'toggle'],
    [ops.OP_VM_REGISTER, 'toggle'],
    [ops.OP_TOUCH, 'touch'],
    [ops.OP_MMIO, 'mmio'],
    [ops.OP_IO, 'io'],
  ]),
  linux32: new Map([
    [ops.OP_SET_WAY, 'batch'],
    [ops.OP_CACHES_OFF, 'toggle'],
    [ops.OP_CACHES_ON, 'toggle'],
  ]),
};

class Teller {
  private readonly story: Story;
  private readonly place: Place;
  private readonly draws: Draws;
  private readonly waits: Wait[];
  private readonly calls: readonly Fact[];
  /** When it came up [ns]; Infinity: never. */
  private readonly up: number;

  constructor(story: Story, place: Place, draws: Draws, waits: Wait[]) {
    this.story = story;
    this.place = place;
    this.draws = draws;
    this.waits = waits;
    this.calls = story.of('call', place.vcpu);
    this.up = story.of('awake', place.vcpu).find(({ a }) => (a & 2) !== 0)?.at ?? Infinity;
  }

  /** @returns the expiries that it missed */
  tell(): number {
    const { guest } = this.place;
    this.operations(OPERATIONS[guest.name]);
    switch (guest.name) {
      case 'periodic-waker': {
        const { period, jitter, phase } = guest;
        return this.expiries(
          'virq',
          false,
          this.periodic(period, jitter, phase, 'phase', 'jitter'),
        );
      }
      case 'poisson-waker':
        return this.expiries('virq', true, this.poisson(guest.mean));
      case 'replay-waker':
        return this.expiries('virq', false, this.replayed(guest.first, guest.gaps));
      case 'sleeper':
        this.sent();
        return 0;
      case 'set-way-flusher':
        return this.ownTimer(guest.timer);
      case 'linux32':
        this.boots();
        return 0;
      default:
        return 0;
    }
  }

  private add(kind: string, began: number, end: Fact | undefined, per?: number): void {
    const { vcpu } = this.place;
    const pcpu = this.story.place(vcpu, end);
    this.waits.push({ kind, pcpu, vcpu, began, end, ...(per !== undefined && { per }) });
  }

  /** Each operation lasts until the guest is asked for the next one. */
  private operations(kinds: ReadonlyMap<number, string> | undefined): void {
    this.calls.forEach((call, i) => {
      const kind = kinds?.get(call.a);
      // The decompressor's cache_on is nobody's business.
      if (kind === undefined || (this.place.guest.name === 'linux32' && this.isFirstBoot(i)))
        return;
      this.add(kind, call.at, this.calls[i + 1]);
    });
  }

  private isFirstBoot(call: number): boolean {
    return call === 0 && this.calls[0].a === ops.OP_CACHES_ON;
  }

  private *periodic(
    period: number,
    jitter: number,
    phase: number | 'random',
    phaseName: string,
    jitterName: string,
  ): Generator<number> {
    const { seed, replication } = this.draws;
    const stream = (what: string) => randomStream(seed, replication, `${this.place.name}/${what}`);
    let at = phase === 'random' ? uniformInteger(stream(phaseName), 0, period - 1) : phase;
    const late = stream(jitterName);
    for (;;) {
      yield at;
      at += period + (jitter === 0 ? 0 : uniformInteger(late, 0, jitter));
    }
  }

  private *poisson(mean: number): Generator<number> {
    const { seed, replication } = this.draws;
    const stream = randomStream(seed, replication, `${this.place.name}/arrivals`);
    for (let at = 0; ; ) {
      at += Math.max(1, Math.round(exponential(stream, mean)));
      yield at;
    }
  }

  private *replayed(first: number, gaps: readonly number[]): Generator<number> {
    let at = first;
    yield at;
    for (const gap of gaps) {
      at += gap;
      yield at;
    }
  }

  /**
   * A waker looks at the clock when it is first asked, and when a WFI has ended. It wants every expiry from its coming up
   * on, or, if it drops what it has missed, those for which it has armed its timer, and the first of all.
   */
  private expiries(kind: string, wantsAll: boolean, all: Generator<number>): number {
    const { calls, up, story } = this;
    const looks = calls.filter((_, i) => i === 0 || calls[i - 1].a === ops.OP_WFI);
    const armed = new Set(calls.filter(({ a }) => a === ops.OP_SET_TIMER).map(({ b }) => b));
    let missed = 0;
    let lastArmed = -1;
    for (const at of armed) if (at !== Infinity) lastArmed = Math.max(lastArmed, at);
    let isFirst = true;
    for (const at of all) {
      if (at >= story.end) break;
      if (at < up) continue;
      if (wantsAll || isFirst || armed.has(at)) {
        this.add(
          kind,
          at,
          looks.find((look) => look.at >= at),
        );
      } else if (at < lastArmed) missed++;
      isFirst = false;
    }
    return missed;
  }

  private ownTimer(timer: (GuestSpec & { name: 'set-way-flusher' })['timer']): number {
    if (timer === undefined) return 0;
    const handled = this.story.of('interrupt', this.place.vcpu);
    const first = this.calls.find(({ a }) => a === ops.OP_SET_TIMER);
    let expiry = first?.b ?? Infinity;
    for (const fact of handled) {
      this.add('own_virq', expiry, fact);
      expiry = fact.a;
    }
    if (first === undefined) {
      const all = this.periodic(
        timer.period,
        timer.jitter,
        timer.phase,
        'timer-phase',
        'timer-jitter',
      );
      for (expiry of all) if (expiry >= this.up) break;
    }
    if (expiry < this.story.end) this.add('own_virq', expiry, undefined);
    return 0;
  }

  /** Interrupts that others sent to a sleeper. */
  private sent(): void {
    const { vcpu } = this.place;
    for (const call of this.story.of('call')) {
      if (call.a !== ops.OP_SEND_SGI || call.b !== vcpu || call.at < this.up) continue;
      this.add('virq', call.at, this.story.after(call, this.calls));
    }
  }

  private boots(): void {
    const { calls, place } = this;
    if (place.vcpu !== place.group[0] || calls.length === 0) return;
    const online = new Map<number, Fact>();
    for (const other of place.group.slice(1)) {
      const sent = this.story.of('call', other).find(({ a }) => a === ops.OP_SEND_SGI);
      if (sent !== undefined) online.set(other, sent);
    }
    let brought = 0;
    let end: Fact | undefined;
    calls.forEach((call, i) => {
      if (call.a !== ops.OP_CPU_ON) return;
      brought++;
      const stop = calls.findIndex((c, j) => j > i && c.a === ops.OP_SET_TIMER && c.b === Infinity);
      end = stop < 0 ? undefined : calls[stop + 1];
      const on = online.get(call.b);
      const inTime = end === undefined || (on !== undefined && this.story.isBefore(on, end));
      if (inTime) this.add('bring_up', call.at, end);
    });
    if (place.group.length === 1) {
      end = calls.find(({ a }) => a === ops.OP_WFI);
    } else if (brought < place.group.length - 1) end = undefined;
    this.add('boot', calls[0].at, end);
  }

  /** Jobs of a queue: whoever of its servers is free takes the next one, in the order in which they are. */
  jobs({ arrivals, service, jobs = Infinity, measured }: GuestSpec & { name: 'server' }): void {
    if (!measured) return;
    const { group, name } = this.place;
    const { seed, replication } = this.draws;
    const gap = sampler(arrivals, randomStream(seed, replication, `${name}/arrivals`));
    const length = sampler(service, randomStream(seed, replication, `${name}/services`));
    let last = 0;
    let drawn = 0;
    const draw = () => {
      if (drawn++ >= jobs) return undefined;
      last += gap();
      return { arrival: last, service: length() };
    };
    const taken = new Map<
      number,
      { arrival: number; service: number; left: number; starts: boolean }
    >();
    const before = new Map<number, Fact>();
    const own = (
      vcpu: number,
      kind: string,
      began: number,
      end: Fact | undefined,
      per?: number,
    ) => {
      const pcpu = this.story.place(vcpu, end);
      this.waits.push({ kind, pcpu, vcpu, began, end, ...(per !== undefined && { per }) });
    };
    for (const call of this.story.of('call')) {
      const { vcpu } = call;
      if (!group.includes(vcpu)) continue;
      const previous = before.get(vcpu);
      before.set(vcpu, call);
      let job = taken.get(vcpu);
      if (previous?.a === ops.OP_RUN && job !== undefined) {
        job.left -= previous.b;
        if (job.left === 0) {
          own(vcpu, 'sojourn', job.arrival, call);
          if (job.service > 0) own(vcpu, 'slowdown', job.arrival, call, job.service);
          job = undefined;
          taken.delete(vcpu);
        }
      }
      if (job === undefined && (previous === undefined || previous.a === ops.OP_RUN)) {
        const next = draw();
        if (next === undefined) continue;
        job = { ...next, left: next.service, starts: true };
        taken.set(vcpu, job);
      }
      if (call.a === ops.OP_RUN && job?.starts) {
        job.starts = false;
        own(vcpu, 'wait', job.arrival, call);
      }
    }
    const unfinished = [...taken].map(([vcpu, job]) => ({ vcpu, ...job }));
    for (let job = draw(); job !== undefined && job.arrival < this.story.end; job = draw()) {
      if (this.up < Infinity)
        unfinished.push({ vcpu: group[0], ...job, left: job.service, starts: true });
    }
    for (const { vcpu, arrival, service: need, starts } of unfinished) {
      if (arrival >= this.story.end) continue;
      if (starts) own(vcpu, 'wait', arrival, undefined);
      own(vcpu, 'sojourn', arrival, undefined);
      if (need > 0) own(vcpu, 'slowdown', arrival, undefined, need);
    }
  }
}
