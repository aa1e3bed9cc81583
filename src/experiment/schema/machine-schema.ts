import { z } from 'zod';
import type { Duration } from '../../engine/time.ts';
import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';
import { SLOWDOWN_MAX } from '../../hypervisor/machine/check-setup.ts';
import type { Spreads } from '../../hypervisor/machine/cost-spread.ts';
import { COST_NAMES, type CostName, type Costs } from '../../hypervisor/machine/costs.ts';
import type { TopologySetup } from '../../hypervisor/machine/topology.ts';
import { choice, duration, flag, list, mapping, NAME, whole } from '../../input/fields.ts';
import { type SchedulerSetup, schedulerSchema } from './scheduler-schema.ts';

/** Most pCPUs a machine may have. */
const PCPUS_MAX = 256;

/** The name of a cost as files write it: `trap_entry` for `trapEntry`. */
export function costKey(name: CostName): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Cost names by the key that files use for them, in the order of the paths. */
export const COST_KEYS: ReadonlyMap<string, CostName> = new Map(
  COST_NAMES.map((name) => [costKey(name), name]),
);

const costOverrides = Object.fromEntries(
  [...COST_KEYS.keys()].map((key) => [key, duration().optional()]),
);

/**
 * Costs as a file names them: a profile, and single costs by key that replace the profile's [ns].
 */
export interface CostsFile {
  readonly profile: string;
  readonly overrides: readonly (readonly [string, Duration])[];
  /** Costs vary as the profile says; else every step takes its typical time. */
  readonly spread: boolean;
}

const costsSchema = z.union(
  [
    NAME.transform((profile): CostsFile => ({ profile, overrides: [], spread: true })),
    mapping({ ...costOverrides, spread: flag().prefault(true), profile: NAME }).transform(
      ({ profile, spread, ...overrides }): CostsFile => ({
        profile,
        spread,
        overrides: Object.entries(overrides) as [string, Duration][],
      }),
    ),
  ],
  { error: () => 'the name of a cost profile, or a mapping with the key profile' },
);

const SLOWDOWNS = `a number from 1 to ${SLOWDOWN_MAX} with at most two decimals`;

const topologySchema = mapping({
  sockets: whole(1, PCPUS_MAX).prefault(1),
  cores: whole(1, PCPUS_MAX),
  threads: whole(1, PCPUS_MAX).prefault(1),
  layout: choice(['neighbours', 'split']).prefault('neighbours'),
  nodes: list(list(whole(0, PCPUS_MAX - 1), 'pCPU numbers'), 'nodes').optional(),
  slowdown: z
    .number({ error: () => SLOWDOWNS })
    .min(1, { error: () => SLOWDOWNS })
    .max(SLOWDOWN_MAX, { error: () => SLOWDOWNS })
    .multipleOf(0.01, { error: () => SLOWDOWNS })
    .optional(),
}).transform(
  ({ nodes, slowdown, ...rest }): TopologySetup => ({
    ...rest,
    nodes: nodes ?? [],
    ...(slowdown !== undefined && { slowdown }),
  }),
);

/** How many pCPUs a topology has. */
export function pcpusOf({ sockets, cores, threads }: TopologySetup): number {
  return sockets * cores * threads;
}

/** The machine of an experiment file. */
export const machineSchema = mapping({
  xen: z
    // Without quotes YAML reads a number.
    .literal(['master', '4.12', '4.17', 4.12, 4.17], { error: () => 'one of: master, 4.17, 4.12' })
    .transform((xen) => String(xen) as XenVersion)
    .prefault('master'),
  // As many as the topology has, if there is one.
  pcpus: whole(1, PCPUS_MAX).optional().meta({ default: 1 }),
  topology: topologySchema.optional(),
  scheduler: schedulerSchema.prefault('credit'),
  stage2_bits: z.literal([40, 42, 44, 48], { error: () => 'one of: 40, 42, 44, 48' }).optional(),
  system_cache: flag().prefault(false),
  timers: choice(['xen', 'exact']).prefault('xen'),
  timer_slop: duration({ max: 1e9 }).prefault('50us'),
  costs: costsSchema.prefault('qemu-icount'),
}).transform(({ timer_slop, stage2_bits, system_cache, topology, ...machine }) => ({
  ...machine,
  pcpus: machine.pcpus ?? (topology ? pcpusOf(topology) : 1),
  ...(topology && { topology }),
  systemCache: system_cache,
  timerSlop: timer_slop,
  stage2Bits: stage2_bits,
}));

/** What a page costs in a flush without a check, and with a threshold that is no immediate operand [ns]. */
export interface PageVariants {
  readonly unchecked?: number | undefined;
  readonly wideThreshold?: number | undefined;
}

/** The level of the p2m's root where guest-physical addresses have so many bits. */
export function rootLevel(stage2Bits: number): 0 | 1 {
  return stage2Bits <= 42 ? 1 : 0;
}

/** A machine with everything resolved; durations in [ns]. */
export interface MachineSpec {
  readonly xen: XenVersion;
  readonly pcpus: number;
  /** How its pCPUs lie; absent: cores of one thread on one socket. */
  readonly topology?: TopologySetup;
  readonly scheduler: SchedulerSetup;
  /** How timers fire: like Xen's (heap, slop, TIMER softirq), or exactly when due. */
  readonly timers: 'xen' | 'exact';
  readonly timerSlop: Duration;
  readonly costs: Costs;
  /** What a page costs in flushes that check otherwise. */
  readonly pageVariants: PageVariants;
  /** How they vary. */
  readonly spreads: Spreads;
  /** Ticks of the counter in a second; absent: it knows every ns. */
  readonly counterHz?: number | undefined;
  /** There is a system cache, which Set/Way operations do not reach. */
  readonly systemCache: boolean;
  /** Bits of guest-physical addresses; absent: all memory counts as accessed. */
  readonly stage2Bits?: 40 | 42 | 44 | 48 | undefined;
}
