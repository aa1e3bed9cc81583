import { closest } from '../../input/closest.ts';
import { show } from '../../input/problems.ts';
import type { KeyPath } from '../../input/tree.ts';
import { formatDuration } from '../../input/units.ts';
import type { ActionFile, EventFile } from '../schema/event-schema.ts';
import type { SchedulerSetup } from '../schema/scheduler-schema.ts';
import type { Finding } from './checks.ts';
import type { KnownDomain } from './scheduler-checks.ts';

/** What events can refer to. */
interface Known {
  readonly domains: readonly KnownDomain[];
  readonly pcpus: number;
  readonly scheduler: SchedulerSetup;
}

/** Which schedulers have something that can be changed; those that are absent: all. */
const SCHEDULERS: Partial<Record<ActionFile['name'], readonly SchedulerSetup['name'][]>> = {
  weight: ['credit', 'credit2'],
  cap: ['credit', 'credit2'],
  parameters: ['credit', 'credit2'],
  reservation: ['rtds'],
};

/** Checks what events refer to, and what happens to what. Paths within `events`. */
export function checkEvents(events: readonly EventFile[], known: Known): Finding[] {
  return [
    ...events.flatMap((event, index) => [
      ...checkTarget(event.action, known).map((finding) => inside(index, event, finding)),
      ...checkSupport(event.action, known).map((finding) => inside(index, event, finding)),
    ]),
    ...checkCreations(events),
  ];
}

function inside(index: number, { action }: EventFile, { path, complaint }: Finding): Finding {
  return { path: [index, action.name, ...path], complaint };
}

function checkTarget({ name, to }: ActionFile, { domains, pcpus }: Known): Finding[] {
  const findings: Finding[] = [];
  if ('domain' in to) {
    const domain = domains.find((candidate) => candidate.name === to.domain);
    if (domain === undefined) return [noSuchDomain(to.domain, domains)];
    if ('vcpu' in to && to.vcpu !== undefined && to.vcpu >= domain.vcpuCount) {
      const message = `domain ${show(to.domain)} has no vCPU ${to.vcpu}: it has ${domain.vcpuCount} and they count from 0`;
      findings.push({ path: ['vcpu'], complaint: { message, found: String(to.vcpu) } });
    }
    const most = 100 * domain.vcpuCount;
    if (name === 'cap' && to.value > most) {
      const allowed = `at most ${most} (100 for each of its vCPUs: ${domain.vcpuCount})`;
      const message = `expected a cap of ${allowed}, found ${to.value}`;
      findings.push({ path: ['value'], complaint: { message, found: String(to.value), allowed } });
    }
  }
  const named =
    'pcpus' in to ? to.pcpus : 'pcpu' in to ? [to.pcpu] : 'from_pcpu' in to ? [to.from_pcpu] : [];
  const key = 'pcpus' in to ? 'pcpus' : 'pcpu' in to ? 'pcpu' : 'from_pcpu';
  for (const missing of named.filter((pcpu) => pcpu >= pcpus)) {
    const allowed = pcpus === 1 ? '0' : `0 to ${pcpus - 1}`;
    const message = `there is no pCPU ${missing}: machine.pcpus is ${pcpus} and they count from 0`;
    findings.push({ path: [key], complaint: { message, found: String(missing), allowed } });
  }
  return findings;
}

function checkSupport({ name, to }: ActionFile, { scheduler }: Known): Finding[] {
  const supported = SCHEDULERS[name];
  if (supported !== undefined && !supported.includes(scheduler.name)) {
    const allowed = supported.join(', ');
    const message = `${scheduler.name} has no ${name} to change: only ${allowed} ${supported.length > 1 ? 'have' : 'has'} one`;
    return [{ path: [], complaint: { message, allowed } }];
  }
  if (name === 'parameters' && scheduler.name === 'credit2') {
    return (['timeslice', 'migration_delay'] as const)
      .filter((key) => to[key] !== undefined)
      .map((key) => {
        const message = `of credit2 only the ratelimit can be changed at run time, not ${key}`;
        return { path: [key], complaint: { message, allowed: 'ratelimit' } };
      });
  }
  if (name !== 'reservation') return [];
  if (to.budget > to.period) {
    const message = `the budget (${formatDuration(to.budget)}) is longer than the period (${formatDuration(to.period)})`;
    return [{ path: ['budget'], complaint: { message } }];
  }
  return [];
}

/** A domain is created once, and only what was created or there from the beginning is destroyed. */
function checkCreations(events: readonly EventFile[]): Finding[] {
  const created = new Set<string>();
  return events.flatMap(({ action, every }, index) => {
    if (action.name !== 'create') return [];
    const { domain } = action.to;
    const path: KeyPath = [index, 'create', 'domain'];
    if (every !== undefined) {
      const message = `domain ${show(domain)} can be created once, not over and over: leave out every`;
      return [{ path, complaint: { message } }];
    }
    if (created.has(domain)) {
      return [{ path, complaint: { message: `domain ${show(domain)} is created twice` } }];
    }
    created.add(domain);
    return [];
  });
}

function noSuchDomain(name: string, domains: readonly KnownDomain[]): Finding {
  const names = domains.map((domain) => domain.name);
  const suggestion = closest(name, names);
  const complaint = {
    message: `there is no domain ${show(name)}`,
    found: show(name),
    allowed: names.join(', '),
  };
  return {
    path: ['domain'],
    complaint: suggestion === undefined ? complaint : { ...complaint, suggestion },
  };
}
