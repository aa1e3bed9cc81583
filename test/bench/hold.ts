import { Simulation } from '../../src/engine/simulation.ts';
import { NEVER } from '../../src/engine/time.ts';
import { exponentials } from './increments.ts';
import { type Effort, fastest, timed } from './measure.ts';

const HOLDS = 5_000_000;
const WARM_UP = 200_000;
/** Increments repeat after this many. */
const CYCLE = 65_536;
/** Simulated time per event [ns]: hardly two events in 5e6 are due in the same ns, and the clock stays below 2^53. */
const EVENT_EVERY = 625e6;
/** Of the order in which 5e6 events happen, by how many are pending: what the C++ yardsticks print as `chk`. */
const CHECKSUMS: Readonly<Record<number, number>> = {
  16: 2803174606,
  256: 1931600210,
  4096: 1934718781,
};

/**
 * HOLD: `pending` events; the earliest happens and is due again after an exponential time. Through the engine's
 * public interface, in the exact order (time, slot).
 * @returns millions of events per second
 */
export function hold(pending: number, effort: Effort): number {
  const increments = exponentials(1, CYCLE, pending * EVENT_EVERY);
  const holds = effort.quick ? 2 * WARM_UP : HOLDS;
  const seconds = fastest(effort, () => {
    const { simulation, checksum } = model(pending, increments);
    simulation.run(NEVER, WARM_UP);
    const time = timed(() => simulation.run(NEVER, holds - WARM_UP));
    if (holds === HOLDS && checksum() !== CHECKSUMS[pending]) {
      throw new Error(
        `HOLD ${pending}: events in another order than the yardsticks': ${checksum()}`,
      );
    }
    return time;
  });
  return (holds - WARM_UP) / 1e6 / seconds;
}

function model(pending: number, increments: Float64Array) {
  let checksum = 0;
  let next = 0;
  const simulation = new Simulation([
    {
      count: pending,
      handler: (id) => {
        checksum = (Math.imul(checksum, 31) + id) | 0;
        simulation.at(first + id, simulation.now + increments[next++ & (CYCLE - 1)]);
      },
    },
  ]);
  const first = simulation.slot(0, 0);
  for (let id = 0; id < pending; id++) simulation.at(first + id, increments[next++ & (CYCLE - 1)]);
  return { simulation, checksum: () => checksum >>> 0 };
}
