import type { Time } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import type { TellOpen } from './open-waits.ts';
import { PendingEvents } from './pending-events.ts';

/** The vCPU does not wait. */
export const NOT_WAITING = -1;

/** Since when each vCPU waits for what, by its number. */
export class VcpuWaits {
  /** Woken, until it is back in the guest. */
  readonly wokenAt: Float64Array;
  /** Taken off its pCPU although it could go on, until it is back in the guest. */
  readonly stalledAt: Float64Array;
  /** Parked. */
  readonly parkedAt: Float64Array;
  /** It spins for the p2m lock. */
  readonly spinsSince: Float64Array;
  /** What has come for it and its guest has not seen. */
  readonly events: PendingEvents;

  constructor(vcpus: number) {
    const none = () => new Float64Array(vcpus).fill(NOT_WAITING);
    this.wokenAt = none();
    this.stalledAt = none();
    this.parkedAt = none();
    this.spinsSince = none();
    this.events = new PendingEvents(vcpus);
  }

  /** `vcpu` begins to wait, unless it does already. */
  begin(since: Float64Array, vcpu: number, now: Time): void {
    if (since[vcpu] === NOT_WAITING) since[vcpu] = now;
  }

  /** Tells of what a vCPU waits for. */
  open({ id, processor }: Vcpu, now: Time, tell: TellOpen): void {
    for (let i = 0; i < this.events.count(id); i++) {
      const due = this.events.due(id, i);
      tell({ kind: 'delivery', pcpu: processor, vcpu: id, began: due, latency: now - due });
    }
    const own = [
      ['wakeup', this.wokenAt],
      ['stall', this.stalledAt],
      ['parked', this.parkedAt],
      ['lock_wait', this.spinsSince],
    ] as const;
    for (const [kind, since] of own) {
      const began = since[id];
      if (began === NOT_WAITING) continue;
      tell({ kind, pcpu: processor, vcpu: id, began, latency: now - began });
    }
  }
}
