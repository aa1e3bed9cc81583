import { square } from '../engine/elementary.ts';
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
  /** The 95 % interval of a quantile, between two others (Woodruff 1952); NaN of other statistics. */
  readonly lo: number;
  readonly hi: number;
  /** The contribution of a replication is `offset + slope * residual`. */
  readonly offset: number;
  readonly slope: number;
  /**
   * How far it would be moved by what happens so seldom that it was not seen: three more samples on one side of a quantile, three
   * as large as the largest in a mean, in three replications of an extreme [unit of the samples].
   */
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
 * it, times the slope of the quantile function over the 95 % interval of ranks. The quantiles at the ends of that interval
 * are its own interval, which need not be symmetric (Woodruff 1952). Leaving out one replication at a time instead covers
 * far less where few samples lie beyond the quantile.
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
  /** Of the residuals of each quantile, by stratum. */
  private readonly spread = NAMES.map(() => new Map<number, Sums>());
  private isWeighted = false;
  private readonly estimates = new Map<keyof typeof QUANTILES, number>();

  /** First pass: takes in the samples of a replication that ran; it may have none. */
  add({ counted, count, mean, min, max, weight }: ReplicationSamples): void {
    this.replications++;
    if (weight !== 1) this.isWeighted = true;
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

  /** Second pass: notes the residuals of a replication, and the stratum that it was drawn from. */
  note(residuals: readonly number[], statistics: readonly Statistic[], stratum = 0): void {
    NAMES.forEach((name, i) => {
      const residual = residuals[statistics.indexOf(name)];
      const own = this.spread[i].get(stratum) ?? { n: 0, sum: 0, squares: 0 };
      this.spread[i].set(stratum, own);
      own.n++;
      own.sum += residual;
      own.squares += residual * residual;
    });
  }

  /** After both passes. */
  scale(name: Statistic): Scale {
    if (this.pool.count === 0) return NOTHING;
    const none = Number.NaN;
    if (name === 'min' || name === 'max') {
      const grain = (THREE / this.replications) * this.max;
      return { estimate: this[name], lo: none, hi: none, offset: 0, slope: 1, grain };
    }
    if (name === 'mean') {
      // What is seldom is drawn often enough where it is sampled by strata.
      const grain = this.isWeighted ? 0 : (THREE / this.pool.count) * this.max;
      return { estimate: this.mean, lo: none, hi: none, offset: this.mean, slope: 1, grain };
    }
    return this.quantileScale(QUANTILES[name], this.spread[NAMES.indexOf(name)]);
  }

  private quantileScale(p: number, spread: ReadonlyMap<number, Sums>): Scale {
    const { estimate, beyond } = this.pool.quantile(p);
    // Sums of weights are exact to some digits only.
    if (beyond < BEYOND_MIN - 1e-6) return NOTHING;
    const { centre, half } = rankInterval(spread);
    const grain = THREE / this.pool.count;
    const [lo, hi] = this.around(p, Math.max(half, grain));
    const ends = Math.min(1, p + Math.max(half, grain)) - Math.max(0, p - Math.max(half, grain));
    const slope = (hi - lo) / ends;
    const [below, above] = this.around(p, grain);
    const offset = estimate - slope * centre;
    return { estimate, lo, hi, offset, slope, grain: (above - below) / 2 };
  }

  /** The quantiles at `p - half` and `p + half`. */
  private around(p: number, half: number): [number, number] {
    const ends = [Math.max(0, p - half), Math.min(1, p + half)];
    const [lo, hi] = ends.map((end) => this.pool.quantile(end).estimate);
    return [lo, hi];
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
}

interface Sums {
  n: number;
  sum: number;
  squares: number;
}

/** The mean of residuals, and half the 95 % interval of it by the spread within strata; half is 0 for too few. */
function rankInterval(strata: ReadonlyMap<number, Sums>): { centre: number; half: number } {
  const all = [...strata.values()];
  const n = all.reduce((total, own) => total + own.n, 0);
  const centre = all.reduce((total, own) => total + own.sum, 0) / n;
  let variance = 0;
  let perDof = 0;
  for (const own of all) {
    const spread = Math.max(0, own.squares - square(own.sum) / own.n);
    // The stratum's share squared, times the variance of its mean.
    const part = own.n < 2 ? 0 : (square(own.n / n) * spread) / (own.n - 1) / own.n;
    variance += part;
    perDof += square(part) / Math.max(1, own.n - 1);
  }
  if (variance === 0) return { centre, half: 0 };
  const dof = Math.max(1, square(variance) / perDof);
  return { centre, half: -studentTQuantile(0.025, dof) * Math.sqrt(variance) };
}

/** What is known without samples. */
export const NOTHING: Scale = {
  estimate: Number.NaN,
  lo: Number.NaN,
  hi: Number.NaN,
  offset: Number.NaN,
  slope: Number.NaN,
  grain: Number.NaN,
};
