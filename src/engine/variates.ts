import { cosOfTurns, exp, log1p } from './elementary.ts';
import type { RandomStream } from './random-stream.ts';

/** Uniform over [low, high). */
export function uniform(stream: RandomStream, low: number, high: number): number {
  return low + (high - low) * stream.uniform();
}

/** Uniform over the whole numbers low .. high, both included. */
export function uniformInteger(stream: RandomStream, low: number, high: number): number {
  return low + Math.floor(stream.uniform() * (high - low + 1));
}

/** Exponential with the given mean (> 0), by inversion: one draw each, so that streams stay in step. */
export function exponential(stream: RandomStream, mean: number): number {
  return -mean * log1p(-stream.uniform());
}

/**
 * Pareto with minimum `scale` (> 0) and tail index `shape` (> 0): P(X > x) = (scale / x)^shape.
 * The mean is infinite for shape <= 1.
 */
export function pareto(stream: RandomStream, scale: number, shape: number): number {
  return scale * exp(-log1p(-stream.uniform()) / shape);
}

/** Normal with the given mean and standard deviation (Box and Muller 1958; two draws each). */
export function normal(stream: RandomStream, mean: number, deviation: number): number {
  const radius = Math.sqrt(-2 * log1p(-stream.uniform()));
  return mean + deviation * radius * cosOfTurns(stream.uniform());
}

/** Lognormal: exp of a normal with mean `mu` and standard deviation `sigma`. Its mean is exp(mu + sigma^2 / 2). */
export function lognormal(stream: RandomStream, mu: number, sigma: number): number {
  return exp(normal(stream, mu, sigma));
}

/** One of `values` (at least one), each with the same probability. */
export function empirical(stream: RandomStream, values: ArrayLike<number>): number {
  return values[Math.floor(stream.uniform() * values.length)];
}
