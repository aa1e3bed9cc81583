import { Simulation } from '../../src/engine/simulation.ts';
import { Histogram } from '../../src/stats/histogram.ts';
import { exponentials } from './increments.ts';
import { type Effort, fastest, timed } from './measure.ts';

const CUSTOMERS = 1_000_000;
const LOAD = 0.8;
/** Mean service time [ns]. */
const MEAN = 1e9;
/** Mean sojourn of these customers in mean service times: every engine and a replay give it. */
const SOJOURN = 5.08753353;
/** Customers that wait at a time are fewer. */
const ROOM = 65_536;

/**
 * M/M/1 with load 0.8, 1e6 customers, 2e6 events, through the engine's public interface; the sojourn of each
 * customer is recorded in a histogram.
 * @returns millions of events per second
 */
export function mm1(effort: Effort): number {
  const customers = effort.quick ? 10_000 : CUSTOMERS;
  const gaps = exponentials(2, customers, MEAN / LOAD);
  const services = exponentials(3, customers, MEAN);
  const expected = replayedMean(gaps, services);
  if (customers === CUSTOMERS && Math.abs(expected / MEAN - SOJOURN) > 1e-8) {
    throw new Error(`M/M/1: other inputs than the yardsticks': ${expected / MEAN}`);
  }
  const seconds = fastest(effort, () => {
    const { simulation, sojourns } = model(gaps, services);
    const time = timed(() => simulation.run());
    if (sojourns.count !== customers || sojourns.mean !== expected) {
      throw new Error(`M/M/1: mean sojourn ${sojourns.mean}, by Lindley's recursion ${expected}`);
    }
    return time;
  });
  return (2 * customers) / 1e6 / seconds;
}

function model(gaps: Float64Array, services: Float64Array) {
  const sojourns = new Histogram();
  const waiting = new Float64Array(ROOM);
  let [arrived, started, head, tail] = [0, 0, 0, 0];
  // Not in a variable of its own: a closure's number that is no small integer is allocated whenever it is set.
  const served = new Float64Array(1);
  let busy = false;
  const serve = (arrival: number) => {
    served[0] = arrival;
    simulation.at(departure, simulation.now + services[started++]);
  };
  const arrive = () => {
    if (++arrived < gaps.length) simulation.at(arrival, simulation.now + gaps[arrived]);
    if (busy) waiting[tail++ & (ROOM - 1)] = simulation.now;
    else {
      busy = true;
      serve(simulation.now);
    }
  };
  const depart = () => {
    sojourns.record(simulation.now - served[0]);
    if (head === tail) busy = false;
    else serve(waiting[head++ & (ROOM - 1)]);
  };
  const simulation = new Simulation([
    { count: 1, handler: arrive },
    { count: 1, handler: depart },
  ]);
  const [arrival, departure] = [simulation.slot(0, 0), simulation.slot(1, 0)];
  simulation.at(arrival, gaps[0]);
  return { simulation, sojourns };
}

/** Lindley's recursion on the same numbers: who waits does so until the one before has left. */
function replayedMean(gaps: Float64Array, services: Float64Array): number {
  let [arrival, free, sum] = [0, 0, 0];
  for (let i = 0; i < gaps.length; i++) {
    arrival += gaps[i];
    free = Math.max(arrival, free) + services[i];
    sum += free - arrival;
  }
  return sum / gaps.length;
}
