import { expect } from 'vitest';
import { buildMachine } from '../../src/experiment/build/build.ts';
import type { DeferredRequest } from '../../src/hypervisor/jobs/deferred-job.ts';
import type { JobRun } from '../../src/hypervisor/jobs/job-run.ts';
import type { Machine } from '../../src/hypervisor/machine/machine.ts';
import { PAUSED_BLOCKED, type Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import type { FlushWalk } from '../../src/memory/flush-walk.ts';
import { FAIR, type FlushMachine } from './flush-machines.ts';

/** Longest time that one holder may keep the lock: all pages of the largest domain, and all interrupts meanwhile [ns]. */
const LONGEST_HOLD = 20e6;

/** Deferred work that piles up only if more comes than is done: a single piece is at most 300 us [ns]. */
const BACKLOG = 1e6;

/** Watches the flushes and the lock of a machine. */
class FlushWatch extends Probe {
  machine: Machine | undefined;

  override attached(machine: Machine): void {
    this.machine = machine;
  }
  walks: readonly FlushWalk[] = [];
  flushes = 0;
  waits = 0;
  private readonly resumedAt = new Map<Vcpu, number>();
  private readonly stops = new Map<Vcpu, number>();
  private readonly before = new Map<Vcpu, { flushed: number; skipped: number }>();

  override jobHit({ job, owner }: JobRun): void {
    if (job.name !== 'flush' || owner === undefined) return;
    this.stops.set(owner, (this.stops.get(owner) ?? 0) + 1);
  }

  override jobStarted({ job, owner, stoppedOn }: JobRun, _pcpu: number, elapsed: number): void {
    if (job.name !== 'flush' || owner === undefined || stoppedOn < 0 || elapsed > 0) return;
    const last = this.resumedAt.get(owner) ?? 0;
    const { gfn } = this.walks[owner.id];
    expect(gfn, 'a flush that was stopped has got on').toBeGreaterThan(last);
    this.resumedAt.set(owner, gfn);
  }

  override jobDone({ job, owner: vcpu }: JobRun): void {
    if (job.name !== 'flush' || vcpu === undefined) return;
    this.flushes++;
    this.resumedAt.delete(vcpu);
    const { flushed, skipped } = this.walks[vcpu.id].total;
    const before = this.before.get(vcpu) ?? { flushed: 0, skipped: 0 };
    this.before.set(vcpu, { flushed, skipped });
    this.covers(vcpu, flushed - before.flushed, skipped - before.skipped);
    this.stops.delete(vcpu);
  }

  /** What was flushed and what was skipped are the whole memory. */
  private covers(vcpu: Vcpu, flushed: number, skipped: number): void {
    const domain = this.setup.domains[vcpu.domain?.index ?? 0];
    const [{ order, count }] = domain.memory;
    const size = 2 ** order;
    const pages = count * size;
    if (this.setup.machine.stage2Bits === undefined) {
      expect([flushed, skipped], 'pages, skips').toEqual([pages, 0]);
    } else {
      // A mapping in whose middle it stopped can have been invalidated by a sibling's flush meanwhile.
      const partly = (this.stops.get(vcpu) ?? 0) * (size - 1);
      expect(flushed + skipped * size).toBeGreaterThanOrEqual(pages);
      expect(flushed + skipped * size).toBeLessThanOrEqual(pages + partly);
    }
  }

  override lockHeld(_vcpu: Vcpu, duration: number): void {
    expect(duration, 'the lock is held').toBeLessThan(LONGEST_HOLD);
  }

  override lockWaited(_vcpu: Vcpu, duration: number): void {
    this.waits++;
    expect(duration, 'somebody spins').toBeLessThan(LONGEST_HOLD * this.setup.machine.pcpus);
  }

  override scheduled(): void {
    this.noLostWakeUp();
  }

  /** A vCPU that waits for its timer is not asleep once that has expired. */
  noLostWakeUp(): void {
    for (const { pauseFlags, virqPending, vtimerFired, id } of this.machine?.vcpus ?? []) {
      const asleep = (pauseFlags & PAUSED_BLOCKED) !== 0;
      expect(asleep && virqPending && vtimerFired, `vCPU ${id} sleeps on`).toBe(false);
    }
  }

  readonly setup: FlushMachine['setup'];

  constructor(setup: FlushMachine['setup']) {
    super();
    this.setup = setup;
  }
}

/** Runs the machine and checks its laws all the while; the machine checks its own at the end. */
export function keepsLaws({ scheduler, setup, seed }: FlushMachine): void {
  const watch = new FlushWatch(setup);
  const { machine, walks } = buildMachine(setup, seed, 0, watch);
  watch.walks = walks;
  machine.run(setup.duration);
  watch.noLostWakeUp();
  const { waits } = watch;
  const contended = machine.domains.some(({ p2mLock }) => p2mLock.isContended);
  if (contended) {
    // Who spins now has the lock before long.
    machine.run(setup.duration + LONGEST_HOLD * setup.machine.pcpus);
    expect(watch.waits, 'somebody spins for ever').toBeGreaterThan(waits);
  }
  if (FAIR.includes(scheduler) && setup.policy.traps !== 'none') {
    // Ten others may have turns of 10 ms each before the flusher's first one.
    if (watch.flushes === 0) machine.run(500e6);
    // Deferred work goes before the flush: siblings that defer more than there is time for starve it, as in Xen.
    const starved = machine.vcpus.some(
      (vcpu) =>
        vcpu.standing('flush').isOpen &&
        (vcpu.standing('deferred').work as DeferredRequest).left > BACKLOG,
    );
    if (!starved) expect(watch.flushes, 'flushes').toBeGreaterThan(0);
  }
}
