/*
 * Elementary functions out of additions, multiplications, divisions and square roots alone, which IEEE 754 rounds exactly. JavaScript
 * leaves Math.exp, log, pow, cos and their like to each engine: they differ between versions of Node.js, and so would what is
 * simulated. All here are within 2 units in the last place.
 */

/** ln 2 in two parts: the first has so few digits that its products with exponents are exact. */
const LN2_HIGH = 0.6931471805598903;
const LN2_LOW = 5.497923018708371e-14;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Which word has sign and exponent. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

const EXPONENT_SHIFT = 20;
const EXPONENT_MASK = 0x7ff;
const BIAS = 1023;

/** 2 to the power of a whole number from -1022 to 1023. */
function powerOfTwo(exponent: number): number {
  float[0] = 0;
  words[HIGH] = (exponent + BIAS) << EXPONENT_SHIFT;
  return float[0];
}

/** x times x. */
export function square(x: number): number {
  return x * x;
}

/** Terms after which those of the series are less than half a unit in the last place. */
const LOG_TERMS = 12;
const EXP_TERMS = 15;
const COS_TERMS = 10;

/** The natural logarithm. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const isSmall = x < powerOfTwo(-1022);
  float[0] = isSmall ? x * powerOfTwo(54) : x;
  let exponent = ((words[HIGH] >>> EXPONENT_SHIFT) & EXPONENT_MASK) - BIAS - (isSmall ? 54 : 0);
  words[HIGH] = (words[HIGH] & ~(EXPONENT_MASK << EXPONENT_SHIFT)) | (BIAS << EXPONENT_SHIFT);
  let mantissa = float[0];
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  // ln m = 2 artanh s = f - s (f - rest), with f = m - 1, s = f / (2 + f): f is exact, the rest small.
  const f = mantissa - 1;
  const s = f / (2 + f);
  const squared = s * s;
  let sum = 0;
  for (let term = LOG_TERMS; term > 0; term--) sum = squared * (1 / (2 * term + 1) + sum);
  const rest = 2 * sum;
  return exponent * LN2_HIGH + (f - s * (f - rest) + exponent * LN2_LOW);
}

/** ln(1 + x), also for small x. */
export function log1p(x: number): number {
  const sum = 1 + x;
  if (sum === 1) return x;
  if (!(sum > 0) || sum === Number.POSITIVE_INFINITY) return log(sum);
  return log(sum) + (x - (sum - 1)) / sum;
}

/** e to the power of x. */
export function exp(x: number): number {
  if (x > 709.79) return Number.POSITIVE_INFINITY;
  if (x < -745.2) return 0;
  if (Number.isNaN(x)) return x;
  const exponent = Math.round(x / Math.LN2);
  const r = x - exponent * LN2_HIGH - exponent * LN2_LOW;
  const part = 1 + smallExpm1(r);
  // In two steps, as the power alone may be too large or too small a number.
  const half = Math.trunc(exponent / 2);
  return part * powerOfTwo(half) * powerOfTwo(exponent - half);
}

/** exp(x) - 1, also for small x. */
export function expm1(x: number): number {
  return Math.abs(x) < 0.4 ? smallExpm1(x) : exp(x) - 1;
}

function smallExpm1(x: number): number {
  // Keeps the sign of -0.
  if (x === 0) return x;
  let sum = 0;
  for (let term = EXP_TERMS; term > 1; term--) sum = (x / term) * (1 + sum);
  return x + x * sum;
}

/** The cosine of 2 pi times `turns`, from 0 to 1. */
export function cosOfTurns(turns: number): number {
  const quarter = Math.round(4 * turns);
  // Exact: both have few digits.
  const angle = 2 * Math.PI * (turns - quarter / 4);
  switch (quarter % 4) {
    case 0:
      return smallCos(angle);
    case 1:
      return -smallSin(angle);
    case 2:
      return -smallCos(angle);
    default:
      return smallSin(angle);
  }
}

function smallCos(x: number): number {
  const squared = x * x;
  let sum = 0;
  for (let term = COS_TERMS; term > 0; term--) {
    sum = (-squared / (2 * term * (2 * term - 1))) * (1 + sum);
  }
  return 1 + sum;
}

function smallSin(x: number): number {
  const squared = x * x;
  let sum = 0;
  for (let term = COS_TERMS; term > 0; term--) {
    sum = (-squared / (2 * term * (2 * term + 1))) * (1 + sum);
  }
  return x + x * sum;
}
