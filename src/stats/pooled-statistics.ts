import type { Counted } from './bucket-counts.ts';
import { countUpTo, Pool } from './pool.ts';
import { studentTQuantile } from './student-t.ts';

/** Quantiles that are estimated. */
const QUANTILES = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const;
const NAMES = ['p50', 'p90', 'p99', 'p999'] as const;
/** Samples that must lie on either side of a quantile for it to be estimated. */
export const BEYOND_MIN = 10;
/** With 95 % confidence no more than so many of n samples do what none of them was seen to do (rule of three). */
const THREE = 3;

/** What is known of one replication's samples of one kind. */
export interface ReplicationSamples {
  readonly counted: Counted;
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** What each of its samples weighs. */
  readonly weight: number;
}

/** A statistic over all replications. */
export interface Scale {
  /** The estimate [unit of the samples]; NaN if there are too few samples. */
  readonly estimate: number;
  /** The contribution of a replication is `offset + slope * residual`. */
  readonly offset: number;
  readonly slope: number;
  /** How far three samples more on one side would move it: what cannot be known better [unit of the samples]. */
  readonly grain: number;
}

type Statistic = 'mean' | 'min' | 'max' | keyof typeof QUANTILES;

/**
 * Statistics of the samples of all replications together, as sums over replications: each has a contribution, the mean of
 * the contributions is the estimate, and their spread is that of independent values. So Student's t gives the interval
 * of the estimate, and paired contributions that of a difference.
 *
 * They are the linear part of the jackknife (Jaeckel 1972, the infinitesimal jackknife). Of a mean, a ratio of sums: the
 * estimate and the replication's own sum of deviations from it. Of a quantile: the deviation of the replication's rank of
 * it, times the slope of the quantile function around it, by its 95 % interval of ranks (Woodruff 1952). Leaving out one
 * replication at a time instead covers far less where few samples lie beyond the quantile.
 *
 * Extremes are no sums: contributions are the replications' own.
 *
 * Replications are added in two passes: first `add` for all, then `residual` for all, then `scale`.
 */
export class PooledStatistics {
  private readonly pool = new Pool();
  private replications = 0;
  private weightedSum = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private readonly spread = NAMES.map(() => ({ sum: 0, squares: 0, n: 0 }));
  private readonly estimates = new Map<keyof typeof QUANTILES, number>();

  /** First pass: takes in the samples of a replication that ran; it may have none. */
  add({ counted, count, mean, min, max, weight }: ReplicationSamples): void {
    this.replications++;
    if (count === 0) return;
    this.pool.add(counted, weight);
    this.weightedSum += weight * count * mean;
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
  }

  /** Second pass: the residuals of a replication in the order of `statistics`. */
  residuals(of: ReplicationSamples, statistics: readonly Statistic[]): number[] {
    const perReplication = (of.weight * this.replications) / this.pool.weight;
    return statistics.map((name): number => {
      if (name === 'min' || name === 'max') return of.count === 0 ? Number.NaN : of[name];
      if (of.count === 0) return 0;
      if (name === 'mean') return of.count * (of.mean - this.mean) * perReplication;
      const rank = countUpTo(of.counted, this.quantile(name));
      return (QUANTILES[name] * of.count - rank) * perReplication;
    });
  }

  /** Second pass: notes the residuals of a replication. */
  note(residuals: readonly number[], statistics: readonly Statistic[]): void {
    NAMES.forEach((name, i) => {
      const residual = residuals[statistics.indexOf(name)];
      const spread = this.spread[i];
      spread.n++;
      spread.sum += residual;
      spread.squares += residual ** 2;
    });
  }

  /** After both passes. */
  scale(name: Statistic): Scale {
    if (this.pool.count === 0) return NOTHING;
    if (name === 'min' || name === 'max') {
      return { estimate: this[name], offset: 0, slope: 1, grain: 0 };
    }
    if (name === 'mean') return { estimate: this.mean, offset: this.mean, slope: 1, grain: 0 };
    const p = QUANTILES[name];
    const { estimate, beyond } = this.pool.quantile(p);
    // Sums of weights are exact to some digits only.
    if (beyond < BEYOND_MIN - 1e-6) return NOTHING;
    const { sum, squares, n } = this.spread[NAMES.indexOf(name)];
    const centre = sum / n;
    const error = n < 2 ? 0 : Math.sqrt(Math.max(0, squares / n - centre ** 2) / (n - 1));
    const half = Math.max(
      error * -studentTQuantile(0.025, Math.max(1, n - 1)),
      2 / this.pool.count,
    );
    const slope = this.slope(p, half);
    return {
      estimate,
      offset: estimate - slope * centre,
      slope,
      grain: (this.slope(p, THREE / this.pool.count) * THREE) / this.pool.count,
    };
  }

  private get mean(): number {
    return this.weightedSum / this.pool.weight;
  }

  private quantile(name: keyof typeof QUANTILES): number {
    let estimate = this.estimates.get(name);
    if (estimate === undefined) {
      ({ estimate } = this.pool.quantile(QUANTILES[name]));
      this.estimates.set(name, estimate);
    }
    return estimate;
  }

  /** The slope of the quantile function over the parts from `p - half` to `p + half`. */
  private slope(p: number, half: number): number {
    const lo = Math.max(0, p - half);
    const hi = Math.min(1, p + half);
    return (this.pool.quantile(hi).estimate - this.pool.quantile(lo).estimate) / (hi - lo);
  }
}

/** What is known without samples. */
export const NOTHING: Scale = {
  estimate: Number.NaN,
  offset: Number.NaN,
  slope: Number.NaN,
  grain: Number.NaN,
};
