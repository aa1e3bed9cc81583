import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A source of uniform random numbers. */
export interface RandomStream {
  /** The next number, uniform over [0, 1), a multiple of 2^-53. */
  uniform(): number;
}

/**
 * The stream of random numbers for one purpose in one replication.
 *
 * Streams of different (seed, replication, purpose) are unrelated, and a stream depends on nothing else:
 * policies and factor levels that draw for the same purpose see the same numbers (common random
 * numbers), and a new purpose leaves the others' numbers as they were.
 *
 * @param seed - whole number, 0 .. 2^53 - 1
 * @param replication - whole number from 0
 * @param purpose - what the numbers are for, e.g. `waker/0/jitter`
 */
export function randomStream(seed: number, replication: number, purpose: string): RandomStream {
  const key = `${seed}/${replication}/${purpose}`;
  const state = [hash(key, 1), hash(key, 2), hash(key, 3), hash(key, 4)];
  const generator = xoroshiro128plusFromState(state);
  return {
    uniform: () => {
      // 27 and 26 of the better, upper bits of two draws.
      const high = generator.next() >>> 5;
      const low = generator.next() >>> 6;
      return (high * 0x4000000 + low) / 0x20000000000000;
    },
  };
}

/**
 * A 32-bit hash of `text`, different for each `variant`: FNV-1a over the UTF-16 units, finished by the mixer of
 * MurmurHash3 (Appleby, fmix32) so that keys that differ in one bit give unrelated states.
 */
function hash(text: string, variant: number): number {
  let h = 0x811c9dc5 ^ Math.imul(variant, 0x9e3779b9);
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
