import type { ModelVcpu } from './rules.ts';

export const BOOST = 0;
export const UNDER = -1;
export const OVER = -2;
export const NONE = -64;
export const CREDITS_PER_MS = 10;
const WHOLE = 1e6;

/** What credit knows of a vCPU. */
export interface Purse {
  readonly vcpu: ModelVcpu;
  credit: number;
  rest: number;
  pri: number;
  /** Charged until then; while it does not run, relative to when it stopped. */
  since: number;
  stopped: number;
  active: boolean;
  parked: boolean;
  yields: boolean;
  moved: boolean;
}

export function newPurse(vcpu: ModelVcpu): Purse {
  const counts = { credit: 0, rest: 0, pri: UNDER, since: 0, stopped: 0 };
  return { vcpu, ...counts, active: false, parked: false, yields: false, moved: false };
}

/** Takes whole credits for the time until `now`. */
export function burn(purse: Purse, now: number): void {
  const passed = now - purse.since;
  if (passed <= 0) return;
  const value = CREDITS_PER_MS * passed + purse.rest;
  const credits = Math.floor(value / WHOLE);
  purse.rest = value - credits * WHOLE;
  purse.credit -= credits;
  purse.since += (credits * WHOLE) / CREDITS_PER_MS;
}
