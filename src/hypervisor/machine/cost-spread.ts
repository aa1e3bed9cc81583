import { invariant } from '../../engine/invariant.ts';
import { COST_NAMES, type CostName, type Costs } from './costs.ts';

/**
 * How a cost varies, as multiples of its typical value, which is its mean: the least of all, what one time in a hundred
 * exceeds, and the most. Between these, and the mean, the quantiles lie on straight lines.
 */
export interface Spread {
  /** From 0 to 1. */
  readonly least: number;
  /** At least 1. */
  readonly p99: number;
  /** At least `p99`. */
  readonly most: number;
}

/** The costs that vary, and how. */
export type Spreads = Readonly<Partial<Record<CostName, Spread>>>;

/** Where the tail begins. */
const TAIL = 0.99;

/**
 * The quantile at which the typical value lies, so that it is the mean: the areas below the straight lines from (0, least)
 * over it and (0.99, p99) to (1, most) sum up to 1. Not within 0 .. 0.99, or NaN: no such law has this
 * mean.
 */
export function typicalQuantile({ least, p99, most }: Spread): number {
  if (least === p99) return most === p99 ? 0 : Number.NaN;
  return (TAIL * (1 + p99) + (1 - TAIL) * (p99 + most) - 2) / (p99 - least);
}

/** The multiple of the typical value below which a cost stays with probability `u`, from 0 to 1. */
export function multipleAt(spread: Spread, u: number): number {
  const { least, p99, most } = spread;
  const typical = typicalQuantile(spread);
  if (u < typical) return least + ((1 - least) * u) / typical;
  if (u < TAIL) return 1 + ((p99 - 1) * (u - typical)) / (TAIL - typical);
  return p99 + ((most - p99) * (u - TAIL)) / (1 - TAIL);
}

/** So many sets of costs stand for all that can be drawn: each for an equal share of the probability. */
const SETS = 512;

/**
 * Costs that vary together. Memory that is cold is so for every step: one draw decides for a whole stay in the hypervisor at
 * which quantile each of its costs lies. The sets of costs are made when first drawn and shared.
 */
export class VaryingCosts {
  private readonly typical: Costs;
  private readonly spreads: Spreads;
  private readonly sets: (Costs | undefined)[] = new Array(SETS).fill(undefined);

  constructor(typical: Costs, spreads: Spreads) {
    this.typical = typical;
    this.spreads = spreads;
  }

  /** The number of the set at quantile `u`, from 0 to below 1; equal for close values of it. */
  setAt(u: number): number {
    invariant(u >= 0 && u < 1, 'a quantile is from 0 to below 1');
    return Math.floor(u * SETS);
  }

  /** The costs of a set; the same object each time. */
  costs(set: number): Costs {
    let costs = this.sets[set];
    if (costs === undefined) {
      costs = this.make((set + 0.5) / SETS);
      this.sets[set] = costs;
    }
    return costs;
  }

  private make(u: number): Costs {
    const costs = COST_NAMES.map((name) => {
      const spread = this.spreads[name];
      const multiple = spread === undefined ? 1 : multipleAt(spread, u);
      return [name, Math.round(this.typical[name] * multiple)] as const;
    });
    return Object.fromEntries(costs) as Costs;
  }
}
