import { type Duration, MS, type Time } from '../engine/time.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { RUNNABLE, type Vcpu } from '../hypervisor/machine/vcpu.ts';
import { Arinc653Scheduler } from '../schedulers/arinc653/arinc653.ts';
import { NullScheduler } from '../schedulers/null/null.ts';
import { RtdsScheduler } from '../schedulers/rtds/rtds.ts';

/**
 * A vCPU that has waited for so long, while a pCPU idled for as long where it may run, is lost [ns]: several timeslices of
 * every scheduler.
 */
export const LOST_AFTER: Duration = 100 * MS;
/** How often it is to be looked whether one is [ns]: a loss may be longer by this before it is noticed. */
export const LOOK_EVERY: Duration = LOST_AFTER / 2;

/** The defects of Xen that lose a vCPU, in words. */
export const DEFECTS = {
  rtds: 'rtds: extratime was switched on while its budget was used up, and no pCPU was told',
  null: 'null: a free pCPU that wants it waits for its own lock, over and over',
} as const;

/** A vCPU that was lost for some time. Plain data. */
export interface LostVcpu {
  /** Its global number. */
  readonly vcpu: number;
  /** A pCPU that idled beside it. */
  readonly pcpu: number;
  /** Since when both had been so, and until when they are known to have been [ns]. */
  readonly from: Time;
  to: Time;
  /** The defect of Xen that it is; undefined: none that is known. */
  readonly defect: string | undefined;
}

/** Finds vCPUs that could go on while a pCPU idles where they may run, though the scheduler's rules do not want it so. */
export class LostVcpus {
  private readonly found: LostVcpu[] = [];

  /** All that were found, in the order in which they were. */
  get all(): readonly LostVcpu[] {
    return this.found;
  }

  /** Looks at a machine as it is now. */
  look(machine: Machine): void {
    const idle = idlePcpus(machine);
    if (idle.length === 0) return;
    const latest = machine.now - LOST_AFTER;
    for (const vcpu of machine.vcpus) {
      if (!vcpu.exists || vcpu.runstate !== RUNNABLE || vcpu.runstateSince > latest) continue;
      const pcpu = idle.find((one) => vcpu.hardAffinity.has(one) && mayRun(machine, vcpu, one));
      if (pcpu !== undefined) this.note(machine, vcpu, pcpu);
    }
  }

  private note(machine: Machine, vcpu: Vcpu, pcpu: number): void {
    const from = Math.max(vcpu.runstateSince, machine.idle(pcpu).stateEntryTime);
    const known = this.found.find((loss) => loss.vcpu === vcpu.id && loss.to >= from);
    if (known !== undefined) known.to = machine.now;
    else {
      const defect = defectOf(machine, vcpu);
      this.found.push({ vcpu: vcpu.id, pcpu, from, to: machine.now, defect });
    }
  }
}

/** The pCPUs of the pool that have had nothing to do for long enough. */
function idlePcpus(machine: Machine): number[] {
  return machine.pcpus
    .filter(({ id, idle, tasklets }) => {
      const idles = machine.current(id) === idle && tasklets.length === 0;
      return idles && machine.online.has(id) && machine.now - idle.stateEntryTime >= LOST_AFTER;
    })
    .map(({ id }) => id);
}

/** By the rules of its scheduler a vCPU that waits should run on `pcpu`, which idles. */
function mayRun({ scheduler }: Machine, vcpu: Vcpu, pcpu: number): boolean {
  // Who has used up its budget waits for the next period.
  if (scheduler instanceof RtdsScheduler) return scheduler.unit(vcpu).queue !== 'depleted';
  // A pCPU that belongs to a vCPU runs no other.
  if (scheduler instanceof NullScheduler) return scheduler.mayTake(vcpu, pcpu);
  // A slot is nobody else's.
  return !(scheduler instanceof Arinc653Scheduler);
}

function defectOf(machine: Machine, vcpu: Vcpu): string | undefined {
  if (machine.scheduler instanceof NullScheduler) return DEFECTS.null;
  if (!(machine.scheduler instanceof RtdsScheduler)) return undefined;
  const { operations, ended } = machine.toolstack;
  const wasGiven = ended.some(({ at }, index) => {
    const { operation } = operations[index];
    if (operation.op !== 'reservation' || operation.vcpu !== vcpu.id) return false;
    return operation.reservation.extratime && at >= vcpu.runstateSince;
  });
  return wasGiven ? DEFECTS.rtds : undefined;
}
