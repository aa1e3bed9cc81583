import { type Duration, NEVER, type Time } from '../engine/time.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { PAUSED_DOWN, type Vcpu } from '../hypervisor/machine/vcpu.ts';
import { NO_VCPU } from './attribution.ts';
import type { WholeKind } from './latency-kinds.ts';

/** A wait that has begun and not ended. */
export interface OpenWait {
  readonly kind: WholeKind;
  readonly pcpu: number;
  /** NO_VCPU: of a pCPU. */
  readonly vcpu: number;
  readonly began: Time;
  /** What it comes to so far [ns]; a slowdown: so much per us of service. */
  readonly latency: Duration;
}

/** Takes one. */
export type TellOpen = (wait: OpenWait) => void;

/** Tells of the waits that can be seen on the machine itself: softirqs, timers, locks held for reading, guests. */
export function machineWaits(machine: Machine, tell: TellOpen): void {
  const { now } = machine;
  const tellPlain = (kind: WholeKind, pcpu: number, vcpu: number, began: Time) =>
    tell({ kind, pcpu, vcpu, began, latency: now - began });
  for (const pcpu of machine.pcpus) {
    for (let nr = 0; pcpu.softirqPending >> nr !== 0; nr++) {
      if ((pcpu.softirqPending & (1 << nr)) === 0) continue;
      const kind = nr === machine.softirqTimer ? 'softirq_timer' : 'softirq_schedule';
      tellPlain(kind, pcpu.id, NO_VCPU, pcpu.raisedAt[nr]);
    }
    const { owner, locks } = pcpu.job ?? { locks: [] };
    for (const lock of locks) {
      const since = lock.readSince(pcpu);
      if (since !== undefined && owner !== undefined)
        tellPlain('lock_hold', owner.processor, owner.id, since);
    }
  }
  machine.overdueTimers((pcpu, due) => tellPlain('timer', pcpu, NO_VCPU, due));
  for (const vcpu of machine.vcpus) {
    const { id, processor, guest } = vcpu;
    const due = comingEvent(vcpu, now);
    if (due !== undefined) tellPlain('delivery', processor, id, due);
    // Who is down, or has not come up yet, waits for nothing.
    if ((vcpu.pauseFlags & PAUSED_DOWN) !== 0) continue;
    guest?.unfinished?.(vcpu, now, (kind, began, latency = now - began) =>
      tell({ kind: kind as WholeKind, pcpu: processor, vcpu: id, began, latency }),
    );
  }
}

/** When the timer of `vcpu` was due that has not come to it yet, if there is one. */
function comingEvent(vcpu: Vcpu, now: Time): Time | undefined {
  const { vtimer, vtimerFired, vtimerDue, wasStarted, isPolling, wakeDue } = vcpu;
  const isDown = (vcpu.pauseFlags & PAUSED_DOWN) !== 0;
  if (vtimer !== NEVER && !vtimerFired && !isDown && vtimerDue < now) return vtimerDue;
  if ((!wasStarted || isPolling) && wakeDue < now) return wakeDue;
  return undefined;
}
