/** The machine: pCPUs, vCPUs, softirqs, timers and interrupts, and what it calls: schedulers, guests, long work, probes. */
export type { Pcpu } from '../hypervisor/cpu/pcpu.ts';
export type { XenVersion } from '../hypervisor/cpu/softirq.ts';
export type { JobRun } from '../hypervisor/jobs/job-run.ts';
export type { JobRequest, MachineJob } from '../hypervisor/jobs/machine-job.ts';
export { COST_NAMES, type CostName, type Costs, ZERO_COSTS } from '../hypervisor/machine/costs.ts';
export { CpuMask } from '../hypervisor/machine/cpu-mask.ts';
export type { Domain } from '../hypervisor/machine/domain.ts';
export { Machine } from '../hypervisor/machine/machine.ts';
export type { DomainSetup, MachineSetup, VcpuSetup } from '../hypervisor/machine/machine-setup.ts';
export type { MachineView } from '../hypervisor/machine/machine-view.ts';
export type { Vcpu } from '../hypervisor/machine/vcpu.ts';
export * from '../hypervisor/ports.ts';
export { Probe } from '../hypervisor/probe.ts';
