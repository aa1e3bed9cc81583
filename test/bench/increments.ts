/*
 * The inputs of the C++ yardsticks: exponential numbers as CPython's `random.Random(seed).random()` gives them, by
 * inversion, so that every language handles the same events in the same order.
 */

const LENGTH = 624;
const PERIOD = 397;

/** MT19937 (Matsumoto and Nishimura 1998), seeded by `init_by_array` with one word; 53-bit numbers in [0, 1). */
function mersenneTwister(seed: number): () => number {
  const state = seededState(seed);
  let next = LENGTH;
  const word = () => {
    if (next === LENGTH) {
      twist(state);
      next = 0;
    }
    let y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  return () => {
    const high = word() >>> 5;
    return (high * 0x4000000 + (word() >>> 6)) / 0x20000000000000;
  };
}

function seededState(seed: number): Uint32Array {
  const state = new Uint32Array(LENGTH);
  state[0] = 19650218;
  const mixed = (i: number) => state[i - 1] ^ (state[i - 1] >>> 30);
  for (let i = 1; i < LENGTH; i++) state[i] = Math.imul(1812433253, mixed(i)) + i;
  let i = 1;
  const step = (factor: number, added: number) => {
    state[i] = (state[i] ^ Math.imul(mixed(i), factor)) + added;
    if (++i < LENGTH) return;
    state[0] = state[LENGTH - 1];
    i = 1;
  };
  for (let k = 0; k < LENGTH; k++) step(1664525, seed);
  for (let k = 1; k < LENGTH; k++) step(1566083941, -i);
  state[0] = 0x80000000;
  return state;
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < LENGTH; i++) {
    const y = (state[i] & 0x80000000) | (state[(i + 1) % LENGTH] & 0x7fffffff);
    state[i] = state[(i + PERIOD) % LENGTH] ^ (y >>> 1) ^ ((y & 1) === 0 ? 0 : 0x9908b0df);
  }
}

/**
 * `count` exponential numbers with mean `mean`, rounded: the engine's times are whole ns.
 * @param seed - as the yardsticks' generator has it: 1 increments of HOLD, 2 and 3 arrivals and services of M/M/1
 */
export function exponentials(seed: number, count: number, mean: number): Float64Array {
  const uniform = mersenneTwister(seed);
  return Float64Array.from({ length: count }, () => Math.round(-mean * Math.log(1 - uniform())));
}
