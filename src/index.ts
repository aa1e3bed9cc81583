/** The public API: build a machine, run it, listen to it; or run an experiment from its text. */
export { Simulation } from './engine/simulation.ts';
export { randomStream } from './engine/random-stream.ts';
