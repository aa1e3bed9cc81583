import type { Domain } from './domain.ts';
import type { Machine } from './machine.ts';
import { PAUSED_DOMAIN } from './vcpu.ts';

/** domain_pause, without waiting: its vCPUs go on no more once they have left their pCPUs, which nobody has asked yet. */
export function holdDomain(domain: Domain): void {
  domain.pauseCount++;
  for (const vcpu of domain.vcpus) vcpu.pauseFlags |= PAUSED_DOMAIN;
}

/** domain_unpause. @returns whether it was paused */
export function unpauseDomain(m: Machine, domain: Domain): boolean {
  if (domain.pauseCount === 0) return false;
  if (--domain.pauseCount > 0) return true;
  for (const vcpu of domain.vcpus) vcpu.pauseFlags &= ~PAUSED_DOMAIN;
  for (const vcpu of domain.vcpus) m.core.wake(vcpu, 'unpause');
  return true;
}
