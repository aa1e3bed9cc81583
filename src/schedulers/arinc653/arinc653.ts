import type { Duration, Time } from '../../engine/time.ts';
import type { Domain } from '../../hypervisor/machine/domain.ts';
import { STIMER } from '../../hypervisor/machine/event-kinds.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import type { Decision, Scheduler, TimeTable } from '../../hypervisor/ports.ts';
import { isValidTable, SLOT_DEFAULT, SLOTS_MAX } from './params.ts';
import { ARINC653_RULES, type Arinc653Rules } from './versions.ts';

/*
 * Xen's ARINC 653 scheduler (common/sched/arinc653.c; 4.12: common/sched_arinc653.c): time is cut up by a table.
 *
 * The table is a *major frame*, repeated for ever, of *slots*: a vCPU and how long it has the pCPU. In its slot
 * it alone may run; while it cannot the pCPU idles, as it does after the last slot. There is no preemption, no
 * balancing, no affinity: a vCPU stays on the pCPU on which it was created, unless that leaves the pool.
 *
 * All pCPUs go through one table together. The slot timer of every pCPU, idle ones too, fires at each boundary;
 * the first decision after it moves on, for all. A vCPU whose slot it is runs on its own pCPU, the others idle.
 *
 * The toolstack can replace the table at any time; the next decision, whenever it comes, starts the new one.
 * Until a table is set, control domains get a slot for each of their vCPUs.
 */

/** A slot of the current table. */
interface Slot {
  /** Who may run: index of the domain and number of the vCPU in it; no such vCPU: nobody. */
  readonly domain: number;
  readonly number: number;
  /** [ns] */
  readonly runtime: Duration;
}

/** The arinc653 scheduler. Its only parameters are the tables that the toolstack sets. */
export class Arinc653Scheduler implements Scheduler {
  readonly name = 'arinc653';
  /** The current slot; the number of slots: the time after the last one. */
  slotIndex = 0;
  /** When the next slot, or the next frame, begins [ns]. */
  nextSwitch: Time = 0 + SLOT_DEFAULT;
  /** When the next frame begins [ns]. */
  nextFrame: Time = 0 + SLOT_DEFAULT;
  private readonly machine: MachineView;
  private readonly rules: Arinc653Rules;
  private slots: Slot[] = [];
  private majorFrame: Duration = SLOT_DEFAULT;
  private readonly domains: Domain[] = [];
  /** vCPUs that were woken since they last went to sleep. */
  private readonly awake = new Set<Vcpu>();

  constructor(machine: MachineView) {
    this.machine = machine;
    this.rules = ARINC653_RULES[machine.xen];
  }

  /** The vCPU may run in its slots. */
  isAwake(vcpu: Vcpu): boolean {
    return this.awake.has(vcpu);
  }

  /** How many slots of the table are the vCPU's. */
  slotCount(vcpu: Vcpu): number {
    return this.slots.filter((slot) => this.owner(slot) === vcpu).length;
  }

  // ---- Hooks ---------------------------------------------------------------------------------------------

  /** Every pCPU has gone through a first decision, with the empty table. */
  start(): void {
    const { machine } = this;
    for (let cpu = 0; cpu < machine.pcpuCount; cpu++) {
      machine.setTimer(STIMER, cpu, cpu, machine.clock + SLOT_DEFAULT);
    }
  }

  insertDomain(domain: Domain): void {
    this.domains[domain.index] = domain;
  }

  // a653sched_alloc_udata
  insertUnit(vcpu: Vcpu): void {
    const { slots } = this;
    const { domain } = vcpu;
    if (!domain?.control || slots.length >= SLOTS_MAX) return;
    const number = domain.vcpus.indexOf(vcpu);
    slots.push({ domain: domain.index, number, runtime: SLOT_DEFAULT });
    this.majorFrame = slots.length * SLOT_DEFAULT;
  }

  removeUnit(vcpu: Vcpu): void {
    this.awake.delete(vcpu);
  }

  /** Its slots stay, empty. */
  removeDomain(): void {}

  addPcpu(): void {}

  removePcpu(): void {}

  adjustDomain(): boolean {
    return true;
  }

  // arinc653_sched_set
  adjustGlobal(table: TimeTable): boolean {
    if (!isValidTable(table)) return false;
    this.slots = table.slots.map(({ domain, vcpu, runtime }) => ({
      domain,
      number: vcpu,
      runtime,
    }));
    this.majorFrame = table.majorFrame;
    // No pCPU is told: the old slot goes on until the next decision anywhere.
    this.nextFrame = this.machine.clock;
    return true;
  }

  adjustAffinity(): void {}

  /** A vCPU stays where it is, as long as that pCPU is in the pool. */
  pickResource(vcpu: Vcpu): number {
    const { online } = this.machine;
    return online.has(vcpu.processor) ? vcpu.processor : online.first();
  }

  migrate(vcpu: Vcpu, processor: number): void {
    const from = vcpu.processor;
    vcpu.processor = processor;
    if (processor !== from) this.machine.probe.migrated(vcpu, from, processor, 'move');
  }

  /** Also when it is not its slot. */
  wake(vcpu: Vcpu): void {
    this.awake.add(vcpu);
    this.machine.tickle(vcpu.processor);
  }

  sleep(vcpu: Vcpu): void {
    this.awake.delete(vcpu);
    if (this.machine.current(vcpu.processor) === vcpu) this.machine.tickle(vcpu.processor);
  }

  yield(): void {}

  contextSaved(): void {}

  timer(): void {}

  // a653sched_do_schedule
  schedule(cpu: number, _prev: Vcpu, decision: Decision): void {
    const { machine } = this;
    if (this.rules.keepsPhase) this.advance(machine.clock);
    else this.advanceDrifting(machine.clock);
    if (this.slotIndex >= this.slots.length) this.nextSwitch = this.nextFrame;
    const vcpu = this.owner(this.slots[this.slotIndex]);
    const runs =
      !decision.tasklet && vcpu?.isRunnable && this.awake.has(vcpu) && vcpu.processor === cpu;
    decision.next = runs ? vcpu : machine.idle(cpu);
    decision.slice = this.nextSwitch - machine.clock;
  }

  /** Whose slot it is; undefined: nobody's, or of a vCPU that does not exist now. */
  private owner(slot: Slot | undefined): Vcpu | undefined {
    if (slot === undefined) return undefined;
    const vcpu = this.domains[slot.domain]?.vcpus[slot.number];
    return vcpu?.exists ? vcpu : undefined;
  }

  // ---- The way through the table -------------------------------------------------------------------------

  /** Goes to the slot of `now`, in a frame whose start is a whole number of frames after the table was set. */
  private advance(now: Time): void {
    const { slots } = this;
    if (now >= this.nextFrame) {
      const frame = now - ((now - this.nextFrame) % this.majorFrame);
      this.slotIndex = 0;
      this.nextFrame = frame + this.majorFrame;
      this.nextSwitch = frame + (slots.length > 0 ? slots[0].runtime : SLOT_DEFAULT);
    }
    while (now >= this.nextSwitch && ++this.slotIndex < slots.length) {
      this.nextSwitch += slots[this.slotIndex].runtime;
    }
  }

  /** The same of 4.12: a frame starts when its start is noticed. */
  private advanceDrifting(now: Time): void {
    const { slots } = this;
    if (slots.length === 0) {
      this.nextFrame = now + SLOT_DEFAULT;
    } else if (now >= this.nextFrame) {
      this.slotIndex = 0;
      this.nextFrame = now + this.majorFrame;
      this.nextSwitch = now + slots[0].runtime;
    } else {
      while (now >= this.nextSwitch && this.slotIndex < slots.length) {
        this.slotIndex++;
        if (this.slotIndex < slots.length) this.nextSwitch += slots[this.slotIndex].runtime;
      }
    }
  }
}
