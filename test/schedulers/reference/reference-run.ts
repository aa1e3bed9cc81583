import type { ScenarioDomain } from '../../../src/conformance/scenario.ts';
import { buildScenarioMachine } from '../../../src/conformance/scheduler-scenario.ts';
import type { Machine } from '../../../src/hypervisor/machine/machine.ts';
import { RUNNING, type Vcpu } from '../../../src/hypervisor/machine/vcpu.ts';
import type { Decision, SchedulerFactory } from '../../../src/hypervisor/ports.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';

/** Notes every switch as [time, pCPU, previous vCPU, next vCPU]; idle is -1. */
class Switches extends Probe {
  readonly list: number[][] = [];
  private machine: Machine | undefined;

  watch(machine: Machine): void {
    this.machine = machine;
  }

  override scheduled(pcpu: number, prev: Vcpu, { next }: Decision): void {
    if (this.machine === undefined || prev === next) return;
    this.list.push([this.machine.now, pcpu, Math.max(-1, prev.id), Math.max(-1, next.id)]);
  }
}

/** What a scheduler that is none of Xen's does in a scenario at no costs. */
export function runReference(
  scheduler: SchedulerFactory,
  pcpus: number,
  duration: number,
  domains: readonly ScenarioDomain[],
) {
  const switches = new Switches();
  // The name of the scheduler counts for recordings only.
  const scenario = { name: 'tiny', sched: 'null', params: {}, pcpus, duration, domains } as const;
  const machine = buildScenarioMachine(scenario, scheduler, switches);
  switches.watch(machine);
  machine.run(duration);
  return {
    switches: switches.list,
    cpuTimes: machine.vcpus.map((vcpu) => machine.core.timeIn(vcpu, RUNNING)),
  };
}
