import { invariant } from '../engine/invariant.ts';
import type { RandomStream } from '../engine/random-stream.ts';
import type { Duration, Time } from '../engine/time.ts';
import { uniformInteger } from '../engine/variates.ts';
import { periodicExpiries, poissonExpiries, replayedExpiries } from '../guests/expiries.ts';
import { Hog } from '../guests/hog.ts';
import { Notifier, Sleeper } from '../guests/notifier.ts';
import { ScriptGuest } from '../guests/script.ts';
import { SetWayFlusher } from '../guests/set-way-flusher.ts';
import { Waker } from '../guests/waker.ts';
import type { Guest } from '../hypervisor/ports.ts';
import type { DomainSetup } from './domain-schema.ts';
import type { GuestSetup } from './guest-schema.ts';

/** The stream of random numbers for a purpose. */
export type Streams = (purpose: string) => RandomStream;

/** The sleeper that is the first vCPU of each domain, by the name `DOMAIN/0`, and its global number. */
export type Sleepers = ReadonlyMap<string, { readonly sleeper: Sleeper; readonly vcpu: number }>;

/** Makes the sleepers that notifiers can have as targets. */
export function buildSleepers(domains: readonly DomainSetup[]): Sleepers {
  const sleepers = new Map<string, { sleeper: Sleeper; vcpu: number }>();
  let vcpu = 0;
  for (const { name, vcpus } of domains) {
    if (vcpus[0].guest.name === 'sleeper') {
      sleepers.set(`${name}/0`, { sleeper: new Sleeper(), vcpu });
    }
    vcpu += vcpus.reduce((sum, { count }) => sum + count, 0);
  }
  return sleepers;
}

/**
 * The guest of one vCPU, called `name` (the name of its random streams).
 * @param firstGfn - where the RAM of its domain begins
 */
export function buildGuest(
  guest: GuestSetup,
  name: string,
  firstGfn: number,
  streamOf: Streams,
  sleepers: Sleepers,
): Guest {
  const phase = (within: Duration, at: Time | 'random'): Time =>
    at === 'random' ? uniformInteger(streamOf(`${name}/phase`), 0, within - 1) : at;
  switch (guest.name) {
    case 'hog':
      return new Hog();
    case 'periodic-waker': {
      const { period, jitter, run } = guest;
      const first = phase(period, guest.phase);
      const expiries = periodicExpiries(first, period, jitter, streamOf(`${name}/jitter`));
      return new Waker(expiries, run);
    }
    case 'poisson-waker':
      return new Waker(poissonExpiries(guest.mean, streamOf(`${name}/arrivals`)), guest.run);
    case 'replay-waker':
      return new Waker(replayedExpiries(guest.first, guest.gaps), guest.run);
    case 'sleeper':
      return sleepers.get(name)?.sleeper ?? new Sleeper();
    case 'notifier': {
      const target = sleepers.get(`${guest.target}/0`);
      invariant(target !== undefined, 'the target of a notifier has been checked');
      return new Notifier(guest.period, phase(guest.period, guest.phase), target);
    }
    case 'set-way-flusher':
      return new SetWayFlusher(guest.period, phase(guest.period, guest.phase), guest.ops, {
        firstGfn,
        blocks: guest.touch,
      });
    case 'script':
      return new ScriptGuest(guest.ops, guest.repeat);
  }
}
