/**
 * Buckets of whole numbers 0 .. 2^53 - 1: linear within a power of two, logarithmic across (the layout of
 * HdrHistogram, Tene 2012). Below 2^bits each number has its own; above, each octave has 2^bits. The middle of a bucket
 * differs from every number in it by at most 2^-(bits + 1) of that number.
 */

/** 2 ** i at i: from a table in no time, which a power is not. */
const POWERS = Float64Array.from({ length: 54 }, (_, i) => 2 ** i);

/** Bucket of a value: below 2^bits the value itself, else its octave and the bits after its leading one. */
export function bucketOf(value: number, bits: number): number {
  if (value < 2 ** 32) {
    const shift = Math.max(0, 31 - bits - Math.clz32(value));
    return (shift << bits) + (value >>> shift);
  }
  const shift = 63 - bits - Math.clz32(value / 2 ** 32);
  return (shift << bits) + Math.floor(value / POWERS[shift]);
}

/** The middle of the numbers in a bucket. */
export function bucketMiddle(bucket: number, bits: number): number {
  const shift = Math.max(0, Math.floor(bucket / 2 ** bits) - 1);
  const width = 2 ** shift;
  return (bucket - shift * 2 ** bits) * width + (width - 1) / 2;
}
