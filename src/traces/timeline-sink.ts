import type { Time } from '../engine/time.ts';
import type { Runstate } from '../hypervisor/machine/vcpu.ts';

/** An end of an arrow from a wake to the dispatch that it led to. */
export interface Flow {
  /** Unique in the timeline. */
  readonly id: number;
  readonly end: 'from' | 'to';
}

/** What is known of a slice besides: names and values, numbers in [ns]. */
export type SliceArgs = readonly (readonly [name: string, value: string | number])[];

/**
 * What writes a timeline in some format. Calls come in order of time, but for instants, which may come late. At
 * one instant ends come before beginnings on each track (latencies come last of all, row by row), and states that are left before states that are entered:
 * what has no length is not told, or as an instant.
 */
export interface TimelineSink {
  /** It is told of the hypervisor stack of a vCPU that sleeps too, as if it went on: a report of waits shows where it sleeps. */
  readonly showsSleepers?: boolean;
  /** `vcpu` is in `state` from now on; on `pcpu` if it is, or was, running there. */
  runstate(time: Time, vcpu: number, state: Runstate, pcpu: number): void;
  /** A slice begins on `track`, inside those that are open there. */
  begin(time: Time, track: number, name: string, args?: SliceArgs): void;
  /** The last slice that is open on `track` ends. */
  end(time: Time, track: number): void;
  instant(time: Time, track: number, name: string, flow?: Flow): void;
  /** What `vcpu` has to spend. */
  credit(time: Time, vcpu: number, value: number): void;
}
