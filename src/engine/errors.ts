/**
 * What goes wrong when the engine or the machine is used, one error per phase. A broken law of the simulation itself is
 * an `InvariantError`. None of them is thrown on account of an experiment file: those are checked before, with positions.
 */

/** What was to be built is impossible. Nothing has been built; the message names every value that is wrong. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** An event was to happen in the past, at no time, or in a slot that does not exist. Nothing has changed. */
export class SchedulingError extends Error {
  override readonly name = 'SchedulingError';
}

/** `run` cannot do what it was asked for. Clock and events are as they were. */
export class RunError extends Error {
  override readonly name = 'RunError';
}
