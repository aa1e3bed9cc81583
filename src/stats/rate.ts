import { exp, log, log1p } from '../engine/elementary.ts';
import { invariant } from '../engine/invariant.ts';

/** Two-sided 95 %. */
const TAIL = 0.025;

/**
 * The rates that are compatible with `k` of `n` independent events, with 95 % confidence (Clopper and Pearson 1934). Of
 * none, and of all, the interval is one-sided: from 0 to 1 - 0.05^(1/n), about 3 / n (the rule of three).
 */
export function rateInterval(k: number, n: number): { readonly lo: number; readonly hi: number } {
  invariant(n >= 1 && k >= 0 && k <= n, 'a rate is of k of n, n at least 1');
  if (k === 0) return { lo: 0, hi: 1 - exp(log(0.05) / n) };
  if (k === n) return { lo: exp(log(0.05) / n), hi: 1 };
  return {
    lo: solve((rate) => 1 - atMost(k - 1, n, rate) - TAIL),
    hi: solve((rate) => TAIL - atMost(k, n, rate)),
  };
}

/** P of at most `k` events of `n`. */
function atMost(k: number, n: number, rate: number): number {
  let term = n * log1p(-rate);
  let sum = exp(term);
  for (let i = 1; i <= k; i++) {
    term += log((n - i + 1) / i) + log(rate) - log1p(-rate);
    sum += exp(term);
  }
  return sum;
}

/** Where an increasing function is 0, between 0 and 1. */
function solve(of: (rate: number) => number): number {
  let [lo, hi] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (lo + hi) / 2;
    if (of(middle) < 0) lo = middle;
    else hi = middle;
  }
  return (lo + hi) / 2;
}
