import type { z } from 'zod';
import type { Duration } from '../../engine/time.ts';
import { duration, list, mapping, NAME, percent, positiveDuration } from '../../input/fields.ts';

const windowSchema = mapping({ from: duration(), to: positiveDuration(), share: percent() });

/** What a file says about the sampling of a rare event. */
export const samplingSchema = mapping({
  guest: NAME,
  after: NAME.optional(),
  from: duration().prefault(0),
  to: positiveDuration().optional(),
  windows: list(windowSchema, 'windows: {from: 0, to: 1us, share: 50%}'),
});

/** As a file writes it; durations in [ns]. */
export type SamplingFile = z.output<typeof samplingSchema>;

/** Phases that are drawn together. */
export interface SampledStratum {
  /** Of a phase to lie in it; those of all strata sum to 1. */
  readonly probability: number;
  /** Of the replications that draw from it; those of all strata sum to 1. */
  readonly share: number;
  /** Disjoint and ascending; from `from` to before `to` [ns]. */
  readonly parts: readonly { readonly from: Duration; readonly to: Duration }[];
}

/**
 * How the phase of a guest is sampled: a stratum of phases is drawn as often as its share says and counts as much as it is
 * probable. So what happens in a window of 300 ns once in 100,000 periods can be seen in every second replication.
 */
export interface Sampling {
  /** The domain whose first vCPU's phase is drawn. */
  readonly guest: string;
  /** The domain from whose first vCPU's phase it is counted; undefined: from the start. */
  readonly after: string | undefined;
  /** In file order, what no window has last. */
  readonly strata: readonly SampledStratum[];
}
