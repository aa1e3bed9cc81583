import type { Duration } from '../../engine/time.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { IN_PATH } from './activity.ts';
import { type Path, SPIN } from './path.ts';

/**
 * Spins on the stack of `runner`, on behalf of `payer`, for a lock that could not be had at once.
 * @returns for how long [ns]
 */
export function* spinForLock(m: Machine, runner: Vcpu, payer: Vcpu): Path<Duration> {
  const since = m.now;
  m.probe.lockSpins(payer);
  yield* spinOn(m.pcpuOf(runner));
  m.probe.lockWaited(payer, m.now - since);
  return m.now - since;
}

/** Spins until somebody grants it (LockUser.granted). */
export function* spinOn(p: Pcpu): Path {
  yield SPIN;
  p.setActivity(IN_PATH);
}
