import type { Setup } from './schema/schema.ts';

/** A vCPU as people know it: its domain, and its number in that. */
export interface VcpuName {
  readonly domain: string;
  readonly number: number;
}

/** The vCPUs of a cell by their global numbers. */
export function vcpuNames({ domains }: Pick<Setup, 'domains'>): VcpuName[] {
  return domains.flatMap(({ name, vcpus }) => {
    const count = vcpus.reduce((sum, group) => sum + group.count, 0);
    return Array.from({ length: count }, (_, number) => ({ domain: name, number }));
  });
}
