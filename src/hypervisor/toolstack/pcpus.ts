import type { Duration } from '../../engine/time.ts';
import { NO_PCPU } from '../machine/cpu-mask.ts';
import type { Machine } from '../machine/machine.ts';
import { hasRescheduled } from './hold.ts';
import type { OperationOutcome } from './operation.ts';
import { TOOLSTACK_RULES } from './versions.ts';

/** A pCPU that is not empty after so many more attempts stays half removed. */
const RETRIES = 10;
/** Waits until every pCPU that was asked to has rescheduled. */
const DRAIN: Duration = 0;
/** How often it looks whether they have. */
const POLL: Duration = 1000;

/**
 * cpupool_unassign_cpu: takes `cpu` out of the pool's mask and moves the vCPUs away that are on it. One that runs there
 * moves only when it is off; if then another is there, the next attempt has to move that. A pCPU that could not be
 * emptied stays half removed: out of the mask, and scheduling.
 */
export function* removePcpu(m: Machine, cpu: number): Generator<Duration, OperationOutcome, void> {
  const goesOn = m.leaving === cpu;
  if (!goesOn && (m.leaving !== NO_PCPU || !m.online.has(cpu))) return 'unavailable';
  m.leaving = cpu;
  m.online.remove(cpu);
  for (let left = RETRIES; !evacuate(m, cpu); left--) {
    if (left === 0) return 'again';
    yield DRAIN;
    while (!hasRescheduled(m)) yield POLL;
  }
  m.leaving = NO_PCPU;
  if (TOOLSTACK_RULES[m.xen].handsOverPcpus) {
    m.scheduler.removePcpu(cpu);
    m.core.free(cpu);
  }
  return 'done';
}

/** cpupool_assign_cpu: `cpu` comes back, empty. */
export function returnPcpu(m: Machine, cpu: number): OperationOutcome {
  if (m.online.has(cpu) || m.leaving === cpu) return 'unavailable';
  if (TOOLSTACK_RULES[m.xen].handsOverPcpus) {
    m.scheduler.addPcpu(cpu);
    m.core.serve(cpu, m.scheduler);
  }
  m.tickle(cpu);
  m.online.add(cpu);
  return 'done';
}

/**
 * cpu_disable_scheduler: a vCPU whose hard affinity has no pCPU left gets all, for good; who is on `cpu` moves.
 * @returns whether nobody is there any more
 */
function evacuate(m: Machine, cpu: number): boolean {
  let empty = true;
  for (const vcpu of m.vcpus) {
    if (!vcpu.exists) continue;
    if (vcpu.hardAffinity.has(cpu) && !vcpu.hardAffinity.intersects(m.online)) {
      m.core.adjustAffinity(vcpu, m.allPcpus, vcpu.softAffinity);
    }
    if (vcpu.processor !== cpu) continue;
    m.core.migrate(vcpu);
    if (vcpu.processor === cpu) empty = false;
  }
  return empty;
}
