/**
 * The public API. Either run an experiment: `loadExperiment`, then `replicate` each of its cells; or build a
 * `Machine` of your own with a scheduler, guests and a `Probe` that listens to it; or use the engine alone. The
 * statistics take numbers and give numbers.
 */

export { InvariantError } from './engine/invariant.ts';
export { type RandomStream, randomStream } from './engine/random-stream.ts';
export { type EventKind, type Handler, Simulation } from './engine/simulation.ts';
// Types of what the above take and give.
export type { Duration, Time } from './engine/time.ts';
export { type LoadResult, loadExperiment } from './experiment/plan/load.ts';
export { type ReplicationResult, replicate } from './experiment/replication.ts';
export { replicationWeights } from './experiment/sampling.ts';
export type { Cell, Experiment, Setup } from './experiment/schema/schema.ts';
export type { Pcpu } from './hypervisor/cpu/pcpu.ts';
export type { XenVersion } from './hypervisor/cpu/softirq.ts';
export type { CostName } from './hypervisor/machine/costs.ts';
export { COST_NAMES, type Costs, ZERO_COSTS } from './hypervisor/machine/costs.ts';
export type { CpuMask } from './hypervisor/machine/cpu-mask.ts';
export type { Domain } from './hypervisor/machine/domain.ts';
export { Machine } from './hypervisor/machine/machine.ts';
export type { DomainSetup, MachineSetup, VcpuSetup } from './hypervisor/machine/machine-setup.ts';
export type { MachineView } from './hypervisor/machine/machine-view.ts';
export type { Vcpu } from './hypervisor/machine/vcpu.ts';
export type {
  ChunkedWork,
  Decision,
  Guest,
  PreemptionPolicy,
  Reservation,
  Scheduler,
  SchedulerFactory,
  WakeReason,
} from './hypervisor/ports.ts';
export { Probe } from './hypervisor/probe.ts';
export type { Problem } from './input/problems.ts';
export type { Counters } from './measure/counters.ts';
export type { LatencyKind } from './measure/latency-kinds.ts';
export type { SampleColumns } from './measure/sample-rows.ts';
export { type BootstrapOptions, bcaInterval } from './stats/bootstrap.ts';
export { replicationsNeeded, tost, type Verdict, verdict } from './stats/equivalence.ts';
export { HISTOGRAM_ERROR_MAX, Histogram } from './stats/histogram.ts';
export { holm } from './stats/holm.ts';
export { type Interval, meanInterval } from './stats/interval.ts';
export { type PairedDifference, pairedDifference } from './stats/paired.ts';
export { type Summary, summarise } from './stats/quantiles.ts';
export { hodgesLehmann, mannWhitney, type RankTest, shiftInterval } from './stats/rank.ts';
export { type StoppingDecision, type StoppingRule, stoppingDecision } from './stats/stopping.ts';
export { type Stratum, stratificationGain, stratifiedMean } from './stats/strata.ts';
export { studentTCdf, studentTQuantile } from './stats/student-t.ts';
export { warmUpLength } from './stats/warm-up.ts';
