import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';
import type { LongWork } from '../job.ts';

/** A long operation of Xen: which row of the atlas of long operations it is, and what it is in each version. */
export interface CatalogueEntry {
  readonly name: string;
  /** Where it is in Xen, and what a unit of it is. */
  readonly row: string;
  /** Versions that lack it have no such operation. */
  readonly versions: Readonly<Partial<Record<XenVersion, LongWork>>>;
}

const ENTRIES: readonly CatalogueEntry[] = [];

/** Names of the jobs that a version has; of any version, if none is said. */
export function catalogueNames(xen?: XenVersion): string[] {
  return ENTRIES.filter(({ versions }) => xen === undefined || xen in versions).map(
    ({ name }) => name,
  );
}

/** A job as a version has it; undefined: it has none of that name. */
export function findJob(name: string, xen: XenVersion): LongWork | undefined {
  return ENTRIES.find((entry) => entry.name === name)?.versions[xen];
}
