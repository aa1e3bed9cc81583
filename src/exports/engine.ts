/** A discrete-event engine that knows no hypervisor: clock, events, random streams, and laws to draw from. */
export type { Distribution } from '../engine/distribution.ts';
export { RunError, SchedulingError, SetupError } from '../engine/errors.ts';
export { InvariantError } from '../engine/invariant.ts';
export { type RandomStream, randomStream } from '../engine/random-stream.ts';
export { type EventKind, type Handler, Simulation } from '../engine/simulation.ts';
export { type Duration, MS, NEVER, SECOND, type Time, US } from '../engine/time.ts';
