import type { CostName } from '../hypervisor/machine/costs.ts';
import type { DomainSpec } from './schema/domain-schema.ts';
import { COST_KEYS } from './schema/machine-schema.ts';
import type { Setup } from './schema/schema.ts';

/** A cost, rate or size of a setup that can be multiplied. */
export interface Input {
  /** `costs.page`, `timer_slop`, `flusher.ram`, `sleeper.mean`. */
  readonly name: string;
  /** Its value [ns, or pages of memory]. */
  readonly value: number;
  /** The setup with this input multiplied, to a whole number of at least 1. */
  times(setup: Setup, multiple: number): Setup;
}

/** What a guest's parameters are called that are rates or times of their own. */
const GUEST_KEYS = ['period', 'mean', 'run', 'work'] as const;

/**
 * All inputs of a setup that are not 0: costs, `timer_slop`, the rate limit, each domain's memory, and the periods, means and
 * run times of its guests but of the one whose phase is sampled.
 */
export function inputsOf(setup: Setup): Input[] {
  const costs = [...COST_KEYS].map(([key, name]) => costInput(key, name, setup));
  const domains = setup.domains.flatMap((domain, d) => [
    memoryInput(domain, d),
    ...(domain.name === setup.sampling?.guest ? [] : guestInputs(domain, d)),
  ]);
  return [...costs, ...machineInputs(setup), ...domains].filter(({ value }) => value > 0);
}

function costInput(key: string, name: CostName, { machine }: Setup): Input {
  return {
    name: `costs.${key}`,
    value: machine.costs[name],
    times: (setup, multiple) => {
      const costs = { ...setup.machine.costs, [name]: scaled(setup.machine.costs[name], multiple) };
      return { ...setup, machine: { ...setup.machine, costs } };
    },
  };
}

function machineInputs({ machine }: Setup): Input[] {
  const slop: Input = {
    name: 'timer_slop',
    value: machine.timerSlop,
    times: (setup, multiple) => {
      const timerSlop = scaled(setup.machine.timerSlop, multiple);
      return { ...setup, machine: { ...setup.machine, timerSlop } };
    },
  };
  const { scheduler } = machine;
  if (!('ratelimit' in scheduler)) return [slop];
  const limit: Input = {
    name: 'ratelimit',
    value: scheduler.ratelimit,
    times: (setup, multiple) => {
      const ratelimit = scaled(scheduler.ratelimit, multiple);
      return { ...setup, machine: { ...setup.machine, scheduler: { ...scheduler, ratelimit } } };
    },
  };
  return [slop, limit];
}

function memoryInput({ name, memory }: DomainSpec, d: number): Input {
  const flushes = memory.filter(({ type }) => type === 'ram');
  const [last] = flushes.slice(-1);
  return {
    name: `${name}.ram`,
    value: flushes.reduce((sum, { count, order }) => sum + count * 2 ** order, 0),
    times: (setup, multiple) =>
      withDomain(setup, d, (domain) => ({
        ...domain,
        // Only the last extent can grow without running into another.
        memory: domain.memory.map((extent) =>
          extent.gfn === last.gfn ? { ...extent, count: scaled(extent.count, multiple) } : extent,
        ),
      })),
  };
}

function guestInputs({ name, vcpus }: DomainSpec, d: number): Input[] {
  return vcpus.flatMap(({ guest }, v) =>
    GUEST_KEYS.flatMap((key): Input[] => {
      const value = (guest as Readonly<Record<string, unknown>>)[key];
      if (typeof value !== 'number') return [];
      const times = (setup: Setup, multiple: number) =>
        withDomain(setup, d, (domain) => ({
          ...domain,
          vcpus: domain.vcpus.map((group, i) =>
            i === v
              ? {
                  ...group,
                  guest: { ...group.guest, [key]: scaled(value, multiple) } as typeof guest,
                }
              : group,
          ),
        }));
      return [{ name: `${name}.${key}`, value, times }];
    }),
  );
}

function withDomain(setup: Setup, d: number, change: (domain: DomainSpec) => DomainSpec): Setup {
  const domains = setup.domains.map((domain, i) => (i === d ? change(domain) : domain));
  return { ...setup, domains };
}

function scaled(value: number, multiple: number): number {
  return value === 0 ? 0 : Math.max(1, Math.round(value * multiple));
}
