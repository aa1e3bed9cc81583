import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';
import type { LongWork } from '../job.ts';
import type { CatalogueEntry } from './define.ts';
import { DESTRUCTION } from './destruction.ts';
import { GLOBAL } from './global.ts';
import { GUESTS } from './guests.ts';
import { MEMORY } from './memory.ts';

/** Xen's long operations that a guest, the toolstack or the hypervisor itself can start, in the order of their atlas. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  ...MEMORY,
  ...DESTRUCTION,
  ...GUESTS,
  ...GLOBAL,
];

/** Names of the jobs that a version has; of any version, if none is said. */
export function catalogueNames(xen?: XenVersion): string[] {
  return CATALOGUE.filter(({ versions }) => xen === undefined || xen in versions).map(
    ({ name }) => name,
  );
}

/** A job as a version has it; undefined: it has none of that name. */
export function findJob(name: string, xen: XenVersion): LongWork | undefined {
  return CATALOGUE.find((entry) => entry.name === name)?.versions[xen];
}
