import { SetupError } from '../../engine/errors.ts';
import { NEVER } from '../../engine/time.ts';
import { COST_NAMES } from './costs.ts';
import type { DomainSetup, MachineSetup, VcpuSetup } from './machine-setup.ts';

/** Most pCPUs that Xen can be built for (CONFIG_NR_CPUS). */
export const PCPUS_MAX = 4095;

/**
 * Refuses a machine that cannot be built. An experiment file is checked before, with positions in its text.
 * @throws SetupError that names everything that is wrong, by its place in `setup`
 */
export function checkSetup(setup: MachineSetup): void {
  const { pcpus, costs, counterHz, timers, domains, tables = [] } = setup;
  const { topology, operations = [] } = setup;
  const wrong: string[] = [];
  if (!Number.isSafeInteger(pcpus) || pcpus < 1 || pcpus > PCPUS_MAX)
    wrong.push(`pcpus is ${pcpus}: expected 1 to ${PCPUS_MAX}`);
  for (const name of COST_NAMES) {
    if (!isWhole(costs[name])) wrong.push(`costs.${name} is ${costs[name]}: expected ${WHOLE}`);
  }
  if (counterHz !== undefined && !(isWhole(counterHz) && counterHz > 0))
    wrong.push(`counterHz is ${counterHz}: expected a whole number of Hz, at least 1`);
  if (timers !== 'exact' && !isWhole(timers.slop))
    wrong.push(`timers.slop is ${timers.slop}: expected ${WHOLE}`);
  domains.forEach((domain, index) => {
    wrong.push(...wrongInDomain(domain, `domains[${index}]`, pcpus));
  });
  tables.forEach(({ at = 0 }, index) => {
    if (!isWhole(at)) wrong.push(`tables[${index}].at is ${at}: expected ${WHOLE}`);
  });
  if (topology !== undefined) {
    const count = topology.sockets * topology.cores * topology.threads;
    if (count !== pcpus) wrong.push(`topology has ${count} pCPUs: expected ${pcpus}`);
    const { slowdown = 1 } = topology;
    if (!(slowdown >= 1 && slowdown <= SLOWDOWN_MAX))
      wrong.push(`topology.slowdown is ${slowdown}: expected 1 to ${SLOWDOWN_MAX}`);
  }
  operations.forEach(({ at }, index) => {
    const before = index === 0 ? 0 : operations[index - 1].at;
    if (!isWhole(at) || at < before)
      wrong.push(`operations[${index}].at is ${at}: expected ${WHOLE}, not before ${before}`);
  });
  if (wrong.length > 0) throw new SetupError(wrong.join('\n'));
}

/** Of a thread beside a busy one. */
export const SLOWDOWN_MAX = 10;

const WHOLE = 'a whole number of ns from 0';

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function wrongInDomain(domain: DomainSetup, place: string, pcpus: number): string[] {
  const { weight, cap, vcpus } = domain;
  const wrong: string[] = [];
  if (!isWhole(weight)) wrong.push(`${place}.weight is ${weight}: expected a whole number from 0`);
  if (!isWhole(cap)) wrong.push(`${place}.cap is ${cap}: expected percent of a pCPU, from 0`);
  vcpus.forEach((vcpu, index) => {
    wrong.push(...wrongInVcpu(vcpu, `${place}.vcpus[${index}]`, pcpus));
  });
  return wrong;
}

function wrongInVcpu(vcpu: VcpuSetup, place: string, pcpus: number): string[] {
  const { start, reservation } = vcpu;
  const wrong: string[] = [];
  if (start !== NEVER && !isWhole(start))
    wrong.push(`${place}.start is ${start}: expected ${WHOLE}, or NEVER`);
  for (const key of ['hardAffinity', 'softAffinity'] as const) {
    const affinity = vcpu[key];
    if (affinity?.length === 0) wrong.push(`${place}.${key} is empty: expected a pCPU at least`);
    const missing = affinity?.filter((pcpu) => !isWhole(pcpu) || pcpu >= pcpus) ?? [];
    if (missing.length > 0)
      wrong.push(`${place}.${key} names pCPU ${missing.join(', ')}: there are 0 to ${pcpus - 1}`);
  }
  // Whether a budget fits its period is the scheduler's to say, as in Xen.
  if (reservation !== undefined && !(isWhole(reservation.period) && isWhole(reservation.budget)))
    wrong.push(`${place}.reservation: period and budget are ${WHOLE}`);
  return wrong;
}
