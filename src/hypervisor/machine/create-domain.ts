import { NEVER } from '../../engine/time.ts';
import { giveStack } from '../paths/paths.ts';
import { CpuMask } from './cpu-mask.ts';
import { Domain } from './domain.ts';
import { WAKE } from './event-kinds.ts';
import type { Machine } from './machine.ts';
import type { DomainSetup } from './machine-setup.ts';
import { Vcpu } from './vcpu.ts';

/** Makes a domain and its vCPUs, with the next numbers, that do not exist for the hypervisor yet. */
export function defineDomain(machine: Machine, setup: DomainSetup): void {
  const { name, weight, cap, control, sharesP2m } = setup;
  const domain = new Domain(machine.domains.length, name, weight, cap, control, sharesP2m);
  machine.domains.push(domain);
  for (const { guest, work, setWayTarget, stageTwo, reservation, credit } of setup.vcpus) {
    const vcpu = new Vcpu(machine.vcpus.length, 0, machine.allPcpus, domain, guest);
    vcpu.p2mLock = domain.p2mLock;
    vcpu.standingRuns = machine.jobs.standingOf(vcpu, work);
    vcpu.setWayTarget = setWayTarget;
    vcpu.stageTwo = stageTwo?.table;
    vcpu.codeGfn = stageTwo?.codeGfn ?? 0;
    vcpu.reservation = reservation;
    vcpu.initialCredit = credit;
    giveStack(machine, vcpu);
    domain.vcpus.push(vcpu);
    machine.vcpus.push(vcpu);
  }
}

/** Creates a domain as the toolstack does: vCPUs first, then its parameters, then the affinities. */
export function createDomain(machine: Machine, domain: Domain, setup: DomainSetup): void {
  const { core, scheduler } = machine;
  scheduler.insertDomain(domain);
  domain.vcpus.forEach((vcpu, i) => {
    vcpu.processor = core.initialProcessor(domain.vcpus[i - 1]);
    vcpu.exists = true;
    scheduler.insertUnit(vcpu);
    const { start } = setup.vcpus[i];
    vcpu.wakeDue = start === NEVER ? NEVER : Math.max(start, machine.now);
    if (start !== NEVER) machine.sim.at(machine.slot(WAKE, vcpu.id), vcpu.wakeDue);
  });
  if (!scheduler.adjustDomain(domain)) domain.cap = 0;
  for (const vcpu of domain.vcpus) {
    const { reservation } = vcpu;
    if (reservation !== undefined) scheduler.adjustReservation?.(vcpu, reservation);
  }
  const mask = (pcpus: readonly number[]) => CpuMask.of(machine.pcpuCount, pcpus);
  setup.vcpus.forEach(({ hardAffinity, softAffinity }, i) => {
    const vcpu = domain.vcpus[i];
    // vcpu_set_hard_affinity refuses one without a pCPU of the pool: the vCPU may use all.
    const hard = hardAffinity && mask(hardAffinity);
    if (hard?.intersects(machine.online)) core.setAffinity(vcpu, hard, vcpu.softAffinity);
    if (softAffinity) core.setAffinity(vcpu, vcpu.hardAffinity, mask(softAffinity));
  });
}
