import { invariant } from '../../engine/invariant.ts';
import type { Time } from '../../engine/time.ts';
import { drawFrom, stratumOf } from '../sampling.ts';
import type { Setup } from '../schema/schema.ts';
import { phaseOf, type Streams } from './build-guest.ts';

/**
 * The phase that a replication has to draw from its stratum [ns], and the domain that it is for; undefined if the experiment
 * samples none. It is drawn from a stream of its own: all other numbers are as without sampling.
 */
export function sampledPhase(
  { sampling, domains }: Setup,
  replication: number,
  streamOf: Streams,
): { readonly domain: string; readonly phase: Time } | undefined {
  if (sampling === undefined) return undefined;
  const { guest: domain, after, strata } = sampling;
  const offset = drawFrom(strata[stratumOf(sampling, replication)], streamOf('sampling'));
  if (after === undefined) return { domain, phase: offset };
  const guest = domains.find(({ name }) => name === after)?.vcpus[0].guest;
  invariant(guest !== undefined && 'phase' in guest, 'what a phase is counted from has one');
  return { domain, phase: phaseOf(`${after}/0`, guest.period, guest.phase, streamOf) + offset };
}
