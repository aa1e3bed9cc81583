import type { SchedulerFactory, TimeTable } from '../../hypervisor/ports.ts';
import { Arinc653Scheduler } from '../../schedulers/arinc653/arinc653.ts';
import { CreditScheduler } from '../../schedulers/credit/credit.ts';
import { Credit2Scheduler } from '../../schedulers/credit2/credit2.ts';
import { NullScheduler } from '../../schedulers/null/null.ts';
import { EdfScheduler } from '../../schedulers/reference/edf.ts';
import { FixedPriorityScheduler } from '../../schedulers/reference/fixed-priority.ts';
import { RoundRobinScheduler } from '../../schedulers/reference/round-robin.ts';
import { RtdsScheduler } from '../../schedulers/rtds/rtds.ts';
import type { SchedulerSetup } from '../schema/scheduler-schema.ts';

/** Makes the scheduler of an experiment. @param domains - names of the domains in the order of their indices */
export function schedulerFactory(
  scheduler: SchedulerSetup,
  domains: readonly string[],
): SchedulerFactory {
  switch (scheduler.name) {
    case 'credit':
      return (machine) => new CreditScheduler(machine, scheduler);
    case 'credit2':
      return (machine) => new Credit2Scheduler(machine, scheduler);
    case 'rtds':
      return (machine) => new RtdsScheduler(machine);
    case 'null':
      return (machine) => new NullScheduler(machine);
    case 'arinc653':
      return (machine) => new Arinc653Scheduler(machine);
    case 'round-robin':
      return (machine) => new RoundRobinScheduler(machine, scheduler);
    case 'fixed-priority': {
      const { preemptive, priorities: named } = scheduler;
      const priorities = byIndex(domains, named).map((priority) => priority ?? 0);
      return (machine) => new FixedPriorityScheduler(machine, { preemptive, priorities });
    }
    case 'edf': {
      const deadlines = byIndex(domains, scheduler.deadlines);
      return (machine) => new EdfScheduler(machine, { deadlines });
    }
  }
}

/** The time tables the scheduler of an experiment is given when all domains exist. */
export function timeTables(scheduler: SchedulerSetup, domains: readonly string[]): TimeTable[] {
  if (scheduler.name !== 'arinc653') return [];
  const { majorFrame, entries } = scheduler;
  const slots = entries.map(({ domain, vcpu, runtime }) => ({
    domain: domain === undefined ? -1 : domains.indexOf(domain),
    vcpu,
    runtime,
  }));
  return [{ majorFrame, slots }];
}

function byIndex<T>(domains: readonly string[], named: Readonly<Record<string, T>>) {
  return domains.map((name) => (Object.hasOwn(named, name) ? named[name] : undefined));
}
