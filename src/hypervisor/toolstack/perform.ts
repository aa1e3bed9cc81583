import type { Duration } from '../../engine/time.ts';
import { US } from '../../engine/time.ts';
import { CpuMask } from '../machine/cpu-mask.ts';
import type { Domain } from '../machine/domain.ts';
import { holdDomain, unpauseDomain } from '../machine/domain-pause.ts';
import type { Machine } from '../machine/machine.ts';
import { PAUSED_BLOCKED, PAUSED_DOWN, type Vcpu } from '../machine/vcpu.ts';
import { cancelTimers, cancelWake, reschedulesNow } from './hold.ts';
import type {
  DomainOperation,
  OperationOutcome,
  ToolstackOperation,
  VcpuOperation,
} from './operation.ts';
import { removePcpu, returnPcpu } from './pcpus.ts';

/** How often a waiting toolstack looks whether what it waits for has come: Xen spins. */
const POLL: Duration = US;

/** An operation as it proceeds: yields how long it waits [ns]. */
export type Performance = Generator<Duration, OperationOutcome, void>;

/** Carries out `operation` on `m`. */
export function* perform(m: Machine, operation: ToolstackOperation): Performance {
  if ('domain' in operation)
    return yield* performOnDomain(m, m.domains[operation.domain], operation);
  if ('vcpu' in operation) return yield* performOnVcpu(m, m.vcpus[operation.vcpu], operation);
  switch (operation.op) {
    case 'parameters':
      return valid(m.scheduler.adjustParameters?.(operation.change) ?? false);
    case 'remove-pcpu':
      return yield* removePcpu(m, operation.pcpu);
    case 'add-pcpu':
      return returnPcpu(m, operation.pcpu);
  }
}

function* performOnDomain(m: Machine, domain: Domain, operation: DomainOperation): Performance {
  const exists = domain.vcpus.some((vcpu) => vcpu.exists);
  if (exists === (operation.op === 'create')) return 'missing';
  switch (operation.op) {
    case 'weight':
    case 'cap':
      return valid(adjust(m, domain, operation.op, operation.value));
    case 'reservations': {
      const { period, budget } = operation;
      return valid(m.scheduler.adjustReservations?.(domain, period, budget) ?? false);
    }
    case 'create':
      m.createDomain(domain);
      return 'done';
    case 'pause':
      yield* pauseDomain(m, domain);
      return 'done';
    case 'unpause':
      return valid(unpauseDomain(m, domain));
    case 'destroy':
      yield* pauseDomain(m, domain);
      destroy(m, domain);
      return 'done';
  }
}

function* performOnVcpu(m: Machine, vcpu: Vcpu, operation: VcpuOperation): Performance {
  if (!vcpu.exists) return 'missing';
  switch (operation.op) {
    case 'reservation':
      return valid(m.scheduler.adjustReservation?.(vcpu, operation.reservation) ?? false);
    case 'hard':
    case 'soft':
      return valid(setAffinity(m, vcpu, operation.op, operation.pcpus));
    case 'pause-vcpu':
      vcpu.toolstackPauses++;
      vcpu.pauseCount++;
      yield* sleepSync(m, vcpu);
      return 'done';
    case 'unpause-vcpu':
      if (vcpu.toolstackPauses === 0) return 'invalid';
      vcpu.toolstackPauses--;
      m.core.unpause(vcpu, 'unpause');
      return 'done';
    case 'down':
      takeDown(m, vcpu);
      return 'done';
    case 'up':
      m.core.bringUp(vcpu);
      return 'done';
    case 'blip':
      if (takeDown(m, vcpu)) m.core.bringUp(vcpu);
      return 'done';
    case 'unblock':
      if ((vcpu.pauseFlags & PAUSED_BLOCKED) !== 0) cancelWake(m, vcpu);
      m.core.unblock(vcpu);
      return 'done';
  }
}

function valid(accepted: boolean): OperationOutcome {
  return accepted ? 'done' : 'invalid';
}

/** sched_adjust: getinfo, one field changed, putinfo of both. @returns whether it was accepted */
function adjust(m: Machine, domain: Domain, field: 'weight' | 'cap', value: number): boolean {
  const { cap } = domain;
  domain[field] = value;
  const accepted = m.scheduler.adjustDomain(domain);
  if (!accepted) domain.cap = cap;
  return accepted;
}

function setAffinity(
  m: Machine,
  vcpu: Vcpu,
  which: 'hard' | 'soft',
  pcpus: readonly number[],
): boolean {
  const mask = CpuMask.of(m.pcpuCount, pcpus);
  if (which === 'soft') {
    m.core.setAffinity(vcpu, vcpu.hardAffinity, mask);
    return true;
  }
  if (!mask.intersects(m.online)) return false;
  m.core.setAffinity(vcpu, mask, vcpu.softAffinity);
  return true;
}

/** domain_pause: none of its vCPUs runs when it is done. */
function* pauseDomain(m: Machine, domain: Domain): Generator<Duration, void, void> {
  holdDomain(domain);
  for (const vcpu of domain.vcpus) yield* sleepSync(m, vcpu);
}

/** vcpu_sleep_sync: spins until the vCPU, which something pauses, is off its pCPU. */
function* sleepSync(m: Machine, vcpu: Vcpu): Generator<Duration, void, void> {
  m.core.sleepNosync(vcpu);
  while (vcpu.isRunning) if (!reschedulesNow(m, vcpu.processor)) yield POLL;
}

/** @returns whether it was up */
function takeDown(m: Machine, vcpu: Vcpu): boolean {
  if ((vcpu.pauseFlags & PAUSED_DOWN) !== 0) return false;
  m.core.stop(vcpu);
  return true;
}

/** The paused domain goes, from its last vCPU to its first. It stays paused for ever. */
function destroy(m: Machine, domain: Domain): void {
  for (const vcpu of [...domain.vcpus].reverse()) {
    cancelTimers(m, vcpu);
    m.scheduler.removeUnit(vcpu);
    vcpu.exists = false;
  }
  m.scheduler.removeDomain(domain);
}
