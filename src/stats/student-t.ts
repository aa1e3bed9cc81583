import { exp, expm1, log, log1p } from '../engine/elementary.ts';
import { invariant } from '../engine/invariant.ts';

// The normal law is Student's with infinitely many degrees of freedom, and every formula below
// keeps its accuracy in that limit, so one set of functions serves both. Near the centre the mass
// from 0 to t is a series of positive terms; in the tail it is a continued fraction. Neither
// subtracts nearly equal numbers.

/** From here on outwards the continued fraction is used [-]. */
const TAIL_FROM = 1;
/** Both expansions stop when a term changes nothing; the worst seen is below 200 terms. */
const TERMS_MAX = 1_000;

/**
 * Probability that Student's t is at most `t`.
 *
 * Relative error below 1e-12 in both tails. `dof` is any real number from 1, or Infinity (normal
 * law).
 * @param t - any number, infinities included
 */
export function studentTCdf(t: number, dof: number): number {
  invariant(!Number.isNaN(t), 'Student t: t is a number');
  invariant(dof >= 1, 'Student t: at least 1 degree of freedom');
  return t < 0 ? upperTail(-t, dof) : 1 - upperTail(t, dof);
}

/**
 * The t with `studentTCdf(t, dof) = p`: relative error below 1e-12 for p from 1e-300; -Infinity at
 * 0, Infinity at 1.
 *
 * Exactly antisymmetric wherever 1 - p is exact.
 * @param p - probability, 0 .. 1
 */
export function studentTQuantile(p: number, dof: number): number {
  invariant(p >= 0 && p <= 1, 'Student t: a probability lies in 0 .. 1');
  invariant(dof >= 1, 'Student t: at least 1 degree of freedom');
  if (p > 0.5) return -studentTQuantile(1 - p, dof);
  if (p === 0.5) return 0;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  return -positiveQuantile(p, dof);
}

/** Probability that a standard normal number is at most `x`: `studentTCdf` at infinite `dof`. */
export function normalCdf(x: number): number {
  return studentTCdf(x, Number.POSITIVE_INFINITY);
}

/** The x with `normalCdf(x) = p`: `studentTQuantile` at infinite `dof`. */
export function normalQuantile(p: number): number {
  return studentTQuantile(p, Number.POSITIVE_INFINITY);
}

/**
 * The t > 0 with P(T > t) = p, for 0 < p < 1/2.
 *
 * Newton on ln(mass) as a function of ln t. Both masses, central and tail, are concave there, and
 * the starts are on the side from which Newton then approaches without crossing the root: no
 * bracket is needed.
 */
function positiveQuantile(p: number, dof: number): number {
  const inTail = p < 0.25;
  const mass = inTail ? p : 0.5 - p;
  // The normal law has the largest density at 0, so the central start is to the left of the root.
  let t = inTail ? beyondQuantile(p, dof) : mass * Math.sqrt(2 * Math.PI);
  for (let i = 0; i < 100; i++) {
    const found = inTail ? upperTail(t, dof) : centralMass(t, dof);
    const slope = (inTail ? -1 : 1) * (tTimesDensity(t, dof) / found);
    const step = (log(mass) - log(found)) / slope;
    t *= exp(step);
    // Convergence is quadratic: the next step would be of the order of this one squared.
    if (Math.abs(step) < 1e-9) return t;
  }
  invariant(false, 'Student t: Newton converges');
}

/** A t with P(T > t) <= p: where x^(dof/2) = 2p, x = dof/(dof + t^2), as I_x(a, 1/2) <= x^a. */
function beyondQuantile(p: number, dof: number): number {
  const logarithm = -log(2 * p);
  if (dof === Number.POSITIVE_INFINITY) return Math.sqrt(2 * logarithm);
  const half = logarithm / dof;
  return Math.sqrt(-dof * expm1(-2 * half)) * exp(half);
}

/** P(T > t) for t >= 0. */
function upperTail(t: number, dof: number): number {
  if (t === Number.POSITIVE_INFINITY) return 0;
  if (t < TAIL_FROM) return 0.5 - centralMass(t, dof);
  const scale = tTimesDensity(t, dof);
  return scale === 0 ? 0 : scale / (2 * tailFraction(t, dof));
}

/**
 * P(0 < T < t): the hypergeometric series of I_y(1/2, dof/2) with y = t^2/(dof + t^2) (DLMF 8.17).
 * With infinite `dof` it becomes t phi(t) sum t^2k/(2k+1)!!.
 */
function centralMass(t: number, dof: number): number {
  if (t === 0) return 0;
  const perDof = 1 / dof;
  const ratio = (t * t) / (1 + t * t * perDof);
  let term = 1;
  let sum = 1;
  for (let k = 1; k < TERMS_MAX; k++) {
    term *= (ratio * (1 + (2 * k - 1) * perDof)) / (2 * k + 1);
    if (sum + term === sum) break;
    sum += term;
  }
  return tTimesDensity(t, dof) * sum;
}

/**
 * The continued fraction b1 + a2/(b2 + a3/(b3 + ...)) that divides x^a y^b / B(a, b) in I_x(a, b),
 * here with a = dof/2, b = 1/2, x = dof/(dof + t^2), y = 1 - x; Didonato and Morris, ACM TOMS 18
 * (1992), with everything divided by a, so that a may be infinite. Evaluated by Lentz's method; all
 * parts stay positive.
 */
function tailFraction(t: number, dof: number): number {
  const perA = 2 / dof;
  const u = (t * t) / dof;
  const x = 1 / (1 + u);
  const y = 1 / (1 + 1 / u);
  const lambda = (dof === Number.POSITIVE_INFINITY ? (t * t) / 2 : (dof / 2) * y) - x / 2;
  let fraction = (lambda + 1) / (1 + perA);
  let c = fraction;
  let d = 0;
  for (let n = 1; n < TERMS_MAX; n++) {
    const twice = 1 + (2 * n - 1) * perA;
    const product = (n * (0.5 - n) * x) / twice;
    const alpha = (product * x * (1 + (n - 1) * perA) * (1 + (n - 0.5) * perA)) / twice;
    const beta =
      n + product * perA + ((1 + n * perA) / (1 + (2 * n + 1) * perA)) * (lambda + 1 + n * (1 + y));
    d = 1 / (beta + alpha * d);
    c = beta + alpha / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 3e-16) return fraction;
  }
  invariant(false, 'Student t: the continued fraction converges');
}

/** t times the density of Student's t at t, for t > 0; by logarithms, as t^2 may overflow. */
function tTimesDensity(t: number, dof: number): number {
  const peak = densityAtZero(dof);
  if (dof === Number.POSITIVE_INFINITY) return t * peak * exp((-t * t) / 2);
  const u = (t * t) / dof;
  const logOnePlusU = Number.isFinite(u) ? log1p(u) : 2 * log(t) - log(dof);
  return peak * exp(log(t) - ((dof + 1) / 2) * logOnePlusU);
}

/**
 * Density of Student's t at 0: G(dof/2 + 1/2) / (G(dof/2) sqrt(dof pi)).
 *
 * The ratio of gamma functions by its asymptotic series (Tricomi and Erdelyi 1951) at an argument
 * of at least 16, where the first term left out is 2e-16, and by recurrence from there.
 */
function densityAtZero(dof: number): number {
  let z = dof / 2;
  let ratio = 1;
  for (; z < 16; z++) ratio *= z / (z + 0.5);
  const w = 1 / z;
  const w2 = w * w;
  const series =
    w * (-1 / 8 + w2 * (1 / 192 + w2 * (-1 / 640 + w2 * (17 / 14336 - (w2 * 31) / 18432))));
  // z/dof is 1/2 for many degrees of freedom, also infinitely many.
  const zPerDof = dof >= 32 ? 0.5 : z / dof;
  return ratio * Math.sqrt(zPerDof / Math.PI) * exp(series);
}
