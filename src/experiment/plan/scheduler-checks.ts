import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';
import { closest } from '../../input/closest.ts';
import { show } from '../../input/problems.ts';
import type { KeyPath } from '../../input/tree.ts';
import { formatDuration } from '../../input/units.ts';
import { PARAMETER_VERSIONS, type SchedulerSetup } from '../schema/scheduler-schema.ts';
import type { Finding } from './checks.ts';

/** What a scheduler's parameters can refer to. */
export interface KnownDomain {
  readonly name: string;
  readonly vcpuCount: number;
}

type TimeTable = Extract<SchedulerSetup, { name: 'arinc653' }>;

/** Checks a scheduler's parameters against themselves and the domains. Paths within the scheduler. */
export function checkScheduler(
  scheduler: SchedulerSetup,
  domains: readonly KnownDomain[],
): Finding[] {
  switch (scheduler.name) {
    case 'arinc653':
      return checkTable(scheduler, domains);
    case 'fixed-priority':
      return checkNames(['priorities'], Object.keys(scheduler.priorities), domains);
    case 'edf':
      return checkNames(['deadlines'], Object.keys(scheduler.deadlines), domains);
    case 'credit':
    case 'credit2':
    case 'rtds':
    case 'null':
    case 'round-robin':
      return [];
  }
}

/** Checks that the version of Xen has the parameters that it is given. Paths within the scheduler. */
export function checkVersion(
  scheduler: string,
  xen: XenVersion,
  isWritten: (parameter: string) => boolean,
): Finding[] {
  return Object.entries(PARAMETER_VERSIONS[scheduler] ?? {}).flatMap(([parameter, versions]) => {
    if (versions.includes(xen) || !isWritten(parameter)) return [];
    const has = versions.join(', ');
    const message = `${scheduler} of Xen ${xen} has no parameter ${parameter}: only ${has} has it; leave it out`;
    return [{ path: [parameter], complaint: { message } }];
  });
}

function checkNames(
  path: KeyPath,
  names: readonly string[],
  domains: readonly KnownDomain[],
): Finding[] {
  return names
    .filter((name) => !domains.some((domain) => domain.name === name))
    .map((name) => noSuchDomain([...path, name], name, domains));
}

function checkTable({ entries, majorFrame }: TimeTable, domains: readonly KnownDomain[]) {
  const findings: Finding[] = [];
  entries.forEach(({ domain: name, vcpu }, index) => {
    if (name === undefined) return;
    const domain = domains.find((known) => known.name === name);
    if (domain === undefined) {
      findings.push(noSuchDomain(['entries', index, 'domain'], name, domains));
    } else if (vcpu >= domain.vcpuCount) {
      const message = `domain ${show(name)} has no vCPU ${vcpu}: it has ${domain.vcpuCount} and they count from 0`;
      findings.push({ path: ['entries', index, 'vcpu'], complaint: { message } });
    }
  });
  const sum = entries.reduce((total, { runtime }) => total + runtime, 0);
  if (sum > majorFrame) {
    const message = `the entries take ${formatDuration(sum)}, longer than the major_frame (${formatDuration(majorFrame)})`;
    findings.push({ path: ['major_frame'], complaint: { message } });
  }
  return findings;
}

function noSuchDomain(path: KeyPath, name: string, domains: readonly KnownDomain[]): Finding {
  const names = domains.map((domain) => domain.name);
  const suggestion = closest(name, names);
  const complaint = {
    message: `there is no domain ${show(name)}`,
    found: show(name),
    allowed: names.join(', '),
  };
  return { path, complaint: suggestion === undefined ? complaint : { ...complaint, suggestion } };
}
