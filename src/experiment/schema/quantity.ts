import { type CounterName, counterNames } from '../../measure/counters.ts';
import { domainOf, kindNamed, type LatencyKind } from '../../measure/latency-kinds.ts';
import { METRICS, type Metric } from '../../measure/metrics.ts';

/** Something that every replication of a cell has a value of. */
export type Quantity =
  /** A statistic of the samples of one kind [ns]: `wakeup.p99`. */
  | { readonly of: 'latency'; readonly kind: LatencyKind; readonly metric: Metric }
  /** How many samples of one kind there are in all replications: `wakeup.count`. */
  | { readonly of: 'count'; readonly kind: LatencyKind }
  /** A counter: `flushes`. */
  | { readonly of: 'counter'; readonly name: CounterName }
  /** A domain's part of the time that all domains ran [percent]: `share.flusher`. */
  | { readonly of: 'share'; readonly domain: string }
  /** Time that a domain executed in the guest [percent of one pCPU]: `guest.flusher`. */
  | { readonly of: 'guest'; readonly domain: string };

/** What can be written for a quantity. */
export const QUANTITY_FORMS =
  'KIND.STATISTIC (wakeup.p99; wakeup@DOMAIN.p99 for the vCPUs of one), KIND.count, a counter (flushes), share.DOMAIN or guest.DOMAIN';

/** Reads a quantity; undefined if there is none of that name. */
export function parseQuantity(
  text: string,
  domains: readonly string[],
  jobs: readonly string[] = [],
): Quantity | undefined {
  if (counterNames(jobs).includes(text)) return { of: 'counter', name: text };
  const dot = text.indexOf('.');
  const [before, after] = [text.slice(0, dot), text.slice(dot + 1)];
  if (before === 'share' || before === 'guest') {
    return domains.includes(after) ? { of: before, domain: after } : undefined;
  }
  const kind = kindNamed(before);
  const domain = kind && domainOf(kind);
  if (domain !== undefined && !domains.includes(domain)) return undefined;
  if (kind !== undefined && after === 'count') return { of: 'count', kind };
  const metric = METRICS.find((name) => name === after);
  return kind === undefined || metric === undefined ? undefined : { of: 'latency', kind, metric };
}
