import { z } from 'zod';
import type { Duration } from '../../engine/time.ts';
import type { Reservation } from '../../hypervisor/ports.ts';
import {
  choice,
  durationOrRandom,
  flag,
  list,
  mapping,
  named,
  size,
  whole,
} from '../../input/fields.ts';
import { GUEST_RAM_BASE_GFN, type P2mExtent, PAGE } from '../../memory/p2m.ts';
import { type GuestSetup, guestSchema } from './guest-schema.ts';
import { reservationSchema } from './scheduler-schema.ts';

/** Most vCPUs of all domains together. */
export const VCPUS_MAX = 4096;

const BLOCK_ORDERS = { '4KiB': 0, '2MiB': 9, '1GiB': 18 } as const;
const blockSchema = choice(['4KiB', '2MiB', '1GiB'])
  .transform((block) => BLOCK_ORDERS[block])
  .prefault('2MiB');

/** Guest-physical addresses are below this [bytes]: 2^36 pages. */
export const ADDRESS_MAX = 2 ** 48;
/** Where the RAM of a domain begins unless extents say otherwise [bytes]. */
const RAM_BASE = GUEST_RAM_BASE_GFN * PAGE;

const extentSchema = mapping({
  start: size({ max: ADDRESS_MAX }),
  size: size({ min: PAGE, max: ADDRESS_MAX }),
  block: blockSchema,
  type: choice(['ram', 'mmio']).prefault('ram'),
  valid: flag().prefault(true),
}).transform(({ block, ...extent }) => ({ ...extent, order: block }));

/** A part of a domain's memory as its file describes it [bytes, order of 4 KiB pages]. */
export type ExtentFile = z.output<typeof extentSchema>;

/** A domain's memory: how it is written, and its extents in file order. */
export interface MemoryFile {
  readonly form: 'ram' | 'extents';
  readonly extents: readonly ExtentFile[];
}

const ramSchema = mapping({
  ram: size({ min: PAGE, max: ADDRESS_MAX - RAM_BASE }).prefault('64MiB'),
  block: blockSchema,
}).transform(
  ({ ram, block }): MemoryFile => ({
    form: 'ram',
    extents: [{ start: RAM_BASE, size: ram, order: block, type: 'ram', valid: true }],
  }),
);

const extentsSchema = list(extentSchema, 'extents').transform(
  (extents): MemoryFile => ({ form: 'extents', extents }),
);

const memorySchema = z.union([extentsSchema, ramSchema], {
  error: () => 'a mapping (keys: ram, block), or a list of extents',
});

const affinitySchema = list(whole(0, 255), 'pCPU numbers')
  .transform((pcpus): readonly number[] | 'all' => [...new Set(pcpus)].sort((a, b) => a - b))
  .default('all');

/** Most credit that a vCPU may begin with. */
const CREDIT_MAX = 1e9;

const vcpuSchema = mapping({
  guest: guestSchema,
  count: whole(1, VCPUS_MAX).prefault(1),
  start: durationOrRandom().prefault(0),
  hard_affinity: affinitySchema,
  soft_affinity: affinitySchema,
  rtds: reservationSchema.optional(),
  credit: z
    .number({ error: () => `a number from -${CREDIT_MAX} to ${CREDIT_MAX}` })
    .min(-CREDIT_MAX)
    .max(CREDIT_MAX)
    .optional(),
}).transform(({ hard_affinity, soft_affinity, ...vcpu }) => ({
  ...vcpu,
  hardAffinity: hard_affinity,
  softAffinity: soft_affinity,
}));

/** One domain of an experiment file. */
export const domainSchema = mapping({
  weight: whole(1, 65535).prefault(256),
  cap: whole(0, 100 * VCPUS_MAX).prefault(0),
  memory: memorySchema.prefault({}),
  iommu: flag().prefault(false),
  rtds: reservationSchema.optional(),
  vcpus: list(vcpuSchema, 'vCPUs'),
});

/** The domains of an experiment by name, at least one. */
export const domainsSchema = named(domainSchema, 'domains').refine(
  (domains) => Object.keys(domains).length > 0,
  { error: () => 'at least one domain' },
);

/** A domain as its file describes it. */
export type DomainFile = z.output<typeof domainSchema>;

/** Some vCPUs of a domain that differ in nothing but their number. */
export interface VcpuGroup {
  readonly guest: GuestSetup;
  readonly count: number;
  /** When they are first woken [ns]; `random`: each at its own time, uniform over [0, 10 ms). */
  readonly start: Duration | 'random';
  /** pCPU numbers, ascending. */
  readonly hardAffinity: readonly number[] | 'all';
  readonly softAffinity: readonly number[] | 'all';
  /** RTDS; undefined: Xen's default. */
  readonly rtds?: Reservation | undefined;
  /** The credit they begin with (credit: credits, of which a fraction is time that is charged already; credit2: ns); undefined: as the scheduler has it. */
  readonly credit?: number | undefined;
}

/** A domain with everything resolved. */
export interface DomainSpec {
  readonly name: string;
  readonly weight: number;
  /** Percent of one pCPU; 0 is no cap. */
  readonly cap: number;
  /** It has devices behind an IOMMU, which uses its p2m. */
  readonly iommu: boolean;
  /** Ascending, without overlap; what lies between is a hole. */
  readonly memory: readonly P2mExtent[];
  readonly vcpus: readonly VcpuGroup[];
}
