/**
 * The public API, whole; parts of it can be imported alone, as `preemptlab/engine` and so on. Either run an experiment:
 * `loadExperiment`, `parseExperiment` or `defineExperiment`, then `runStudy`, or `replicate` a cell; or build a `Machine` of
 * your own with a scheduler, guests and a `Probe` that listens to it; or use the engine alone.
 */
export { loadExperiment } from './experiment/plan/load.ts';
export * from './exports/engine.ts';
export * from './exports/experiment.ts';
export * from './exports/guests.ts';
export * from './exports/machine.ts';
export * from './exports/schedulers.ts';
export * from './exports/stats.ts';
