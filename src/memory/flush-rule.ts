import { invariant } from '../engine/invariant.ts';
import type { Duration } from '../engine/time.ts';

/** What the steps of the flush loop cost [ns]: whole, not negative. */
export interface FlushCosts {
  /** Cleaning and invalidating one 4 KiB page. */
  readonly page: Duration;
  /** Looking up a mapping that is then flushed: at its first page of a call. */
  readonly lookup: Duration;
  /** Looking up and skipping one mapping or hole. */
  readonly skip: Duration;
  /** A check point that finds nothing pending. */
  readonly check: Duration;
}

/**
 * Where the check points lie. Counted: at the first loop top where the weights of the pages flushed
 * and mappings skipped since the last check (or the start of the call) reach the threshold; what is
 * above it is forgotten. By time: at the first loop top at least `everyNs` [ns] after the last
 * check began or the call started. By block: where 2^blockOrder pages begin, as KVM has it. Or nowhere.
 */
export type FlushRule =
  | { readonly threshold: number; readonly pageWeight: number; readonly skipWeight: number }
  | { readonly everyNs: Duration }
  | { readonly blockOrder: number }
  | 'never';

/** Xen's own rule (arch/arm/p2m.c, p2m_cache_flush_range): every 52 pages or 512 skips. */
export const UPSTREAM_FLUSH_RULE = { threshold: 512, pageWeight: 10, skipWeight: 1 } as const;

/**
 * The common form of all rules: a count that grows with each page, lookup and skip; a check at the
 * loop top where it has reached `limit`; a check that finds nothing sets it to `restart`.
 */
export interface FlushCount {
  readonly perPage: number;
  /** For each lookup of a mapping that is then flushed. */
  readonly perLookup: number;
  readonly perSkip: number;
  /** A skip counts each of its pages instead, and a call starts with those that its block has behind it. */
  readonly countsPages: boolean;
  readonly limit: number;
  readonly restart: number;
}

/**
 * What `rule` counts if the steps cost `costs`: time rules count the time itself, the check's
 * included.
 * @throws InvariantError if the limit is below 1, or a number is not whole or negative.
 */
export function flushCount(rule: FlushRule, costs: FlushCosts): FlushCount {
  const count = commonForm(rule, costs);
  const { limit, countsPages: _, ...amounts } = count;
  // With a limit of 0 a call could end before its first page: a flush that never gets on.
  invariant(limit >= 1, 'a flush does something before it checks');
  const { page, lookup, skip, check } = costs;
  const whole = [page, lookup, skip, check, ...Object.values(amounts)];
  if (rule !== 'never') whole.push(limit);
  for (const amount of whole) {
    const fine = Number.isSafeInteger(amount) && amount >= 0;
    invariant(fine, 'costs and weights of a flush are whole and not negative');
  }
  return count;
}

function commonForm(rule: FlushRule, costs: FlushCosts): FlushCount {
  if (rule === 'never') {
    return { ...NOTHING, limit: Infinity };
  }
  if ('blockOrder' in rule) {
    return { ...NOTHING, perPage: 1, perSkip: 1, countsPages: true, limit: 2 ** rule.blockOrder };
  }
  if ('everyNs' in rule) {
    const { page: perPage, lookup: perLookup, skip: perSkip, check: restart } = costs;
    return { perPage, perLookup, perSkip, countsPages: false, limit: rule.everyNs, restart };
  }
  const { threshold: limit, pageWeight: perPage, skipWeight: perSkip } = rule;
  return { ...NOTHING, perPage, perSkip, limit };
}

const NOTHING = { perPage: 0, perLookup: 0, perSkip: 0, countsPages: false, restart: 0 } as const;
