import type { Duration, Time } from '../engine/time.ts';
import { buildMachine } from '../experiment/build/build.ts';
import type { Setup } from '../experiment/schema/schema.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import {
  BLOCKED,
  RUNNABLE,
  RUNNING,
  type Runstate,
  type Vcpu,
} from '../hypervisor/machine/vcpu.ts';
import type { Decision } from '../hypervisor/ports.ts';
import { Probe } from '../hypervisor/probe.ts';

/** Where in the hypervisor's paths Xen writes its records. */
export interface RecordPlaces {
  /** Of what schedule() takes, what comes after its last record [ns]. */
  readonly afterRecords: Duration;
  /** What a record takes [ns]: that a vCPU is runnable is told so long after SCHED_WAKE. */
  readonly record: Duration;
}

/** What a trace of a run would say of one vCPU, if Xen wrote it. */
export interface RecordedVcpu {
  /** From being runnable, once woken, to running [ns]. */
  readonly waits: Duration[];
  /** How long it ran before each time it blocked, and was blocked then [ns]. */
  readonly runs: Duration[];
  readonly blocks: Duration[];
}

/**
 * Runs one replication as if it were traced: in the simulator a vCPU is running from the decision on and runnable from the
 * end of vcpu_wake; Xen's records are written at the end of schedule() and at the beginning of vcpu_wake.
 */
export function recordWaits(setup: Setup, places: RecordPlaces): RecordedVcpu[] {
  const probe = new WaitProbe(places);
  const { machine } = buildMachine(setup, 1, 0, probe);
  machine.run(setup.duration);
  return probe.vcpus;
}

class WaitProbe extends Probe {
  readonly vcpus: RecordedVcpu[] = [];
  private readonly places: RecordPlaces;
  private machine: Machine | undefined;
  /** How long after its last decision the records of each pCPU are written. */
  private readonly shifts: Duration[] = [];
  private readonly wokenAt: (Time | undefined)[] = [];
  private readonly ranSince: (Time | undefined)[] = [];
  private readonly blockedSince: (Time | undefined)[] = [];
  private readonly ran: Duration[] = [];

  constructor(places: RecordPlaces) {
    super();
    this.places = places;
  }

  override attached(machine: Machine): void {
    this.machine = machine;
    for (const { id } of machine.vcpus) {
      this.vcpus[id] = { waits: [], runs: [], blocks: [] };
      this.ran[id] = 0;
    }
  }

  override scheduled(pcpu: number, prev: Vcpu, { next }: Decision): void {
    const { machine } = this;
    if (machine === undefined) return;
    const cost = machine.core.scheduleCost(machine.pcpus[pcpu].costs, prev, next);
    this.shifts[pcpu] = Math.max(0, cost - this.places.afterRecords);
  }

  override runstateChanged(vcpu: Vcpu, state: Runstate): void {
    const { machine } = this;
    const { id, runstate } = vcpu;
    if (machine === undefined || vcpu.isIdle) return;
    const { here, now } = machine;
    const decided = now + (this.shifts[here] ?? 0);
    if (runstate === RUNNING) this.stops(id, state, decided);
    if (state === RUNNING) {
      const woken = this.wokenAt[id];
      if (woken !== undefined) this.vcpus[id].waits.push(decided - woken);
      this.wokenAt[id] = undefined;
      this.ranSince[id] = decided;
    } else if (state === RUNNABLE && runstate >= BLOCKED) {
      const woken = now - machine.pcpus[here].costs.wake + this.places.record;
      const blocked = this.blockedSince[id];
      if (blocked !== undefined) this.vcpus[id].blocks.push(woken - blocked);
      this.wokenAt[id] = woken;
    }
  }

  private stops(id: number, state: Runstate, time: Time): void {
    this.ran[id] += time - (this.ranSince[id] ?? time);
    if (state !== BLOCKED) return;
    this.vcpus[id].runs.push(this.ran[id]);
    this.ran[id] = 0;
    this.blockedSince[id] = time;
  }
}
