/**
 * The public API. Either run an experiment: `loadExperiment`, then `replicate` each of its cells; or build a
 * `Machine` of your own with a scheduler, guests and a `Probe` that listens to it; or use the engine alone.
 */

export { InvariantError } from './engine/invariant.ts';
export { type RandomStream, randomStream } from './engine/random-stream.ts';
export { type EventKind, type Handler, Simulation } from './engine/simulation.ts';
export { type LoadResult, loadExperiment } from './experiment/load.ts';
export { type ReplicationResult, replicate } from './experiment/replication.ts';
export type { Cell, Experiment, Setup } from './experiment/schema.ts';
export { COST_NAMES, type Costs, ZERO_COSTS } from './hypervisor/costs.ts';
export { Machine } from './hypervisor/machine.ts';
export type { DomainSetup, MachineSetup, VcpuSetup } from './hypervisor/machine-setup.ts';
export type { ChunkedWork, Guest, PreemptionPolicy, Scheduler } from './hypervisor/ports.ts';
export { Probe } from './hypervisor/probe.ts';
