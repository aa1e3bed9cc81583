import type { TopologySetup } from '../../hypervisor/machine/topology.ts';
import type { Reservation } from '../../hypervisor/ports.ts';
import { show } from '../../input/problems.ts';
import type { Complaint, KeyPath } from '../../input/tree.ts';
import { formatDuration, formatSize } from '../../input/units.ts';
import { PAGE } from '../../memory/p2m.ts';
import {
  ADDRESS_MAX,
  type DomainFile,
  type ExtentFile,
  type MemoryFile,
  VCPUS_MAX,
} from '../schema/domain-schema.ts';

/** Something wrong with values that each are right, and where to point. */
export interface Finding {
  readonly path: KeyPath;
  readonly complaint: Complaint;
}

/**
 * Checks what a domain says against itself: its cap against its vCPUs, its memory, budgets. Paths within it.
 */
export function checkDomain(domain: DomainFile): Finding[] {
  const findings = checkMemory(domain.memory);
  const vcpus = countVcpus(domain);
  if (domain.cap > 100 * vcpus) {
    const allowed = `at most ${100 * vcpus} (100 for each of its vCPUs: ${vcpus})`;
    const found = show(domain.cap);
    const complaint = { message: `expected a cap of ${allowed}, found ${found}`, found, allowed };
    findings.push({ path: ['cap'], complaint });
  }
  findings.push(...checkReservation(['rtds'], domain.rtds));
  domain.vcpus.forEach(({ rtds }, index) => {
    findings.push(...checkReservation(['vcpus', index, 'rtds'], rtds));
  });
  return findings;
}

function checkReservation(path: KeyPath, reservation: Reservation | undefined): Finding[] {
  if (reservation === undefined || reservation.budget <= reservation.period) return [];
  const [budget, period] = [reservation.budget, reservation.period].map(formatDuration);
  const message = `the budget (${budget}) is longer than the period (${period})`;
  return [{ path: [...path, 'budget'], complaint: { message } }];
}

/** Checks the vCPUs of a domain against the machine's pCPUs. Paths within the domain. */
export function checkAffinity(domain: DomainFile, pcpus: number): Finding[] {
  return domain.vcpus.flatMap((group, index) => [
    ...missingPcpus(['vcpus', index, 'hard_affinity'], group.hardAffinity, pcpus),
    ...missingPcpus(['vcpus', index, 'soft_affinity'], group.softAffinity, pcpus),
  ]);
}

function missingPcpus(
  path: KeyPath,
  affinity: readonly number[] | 'all',
  pcpus: number,
): Finding[] {
  if (affinity === 'all') return [];
  const allowed = pcpus === 1 ? '0' : `0 to ${pcpus - 1}`;
  return affinity
    .filter((pcpu) => pcpu >= pcpus)
    .map((pcpu) => {
      const message = `there is no pCPU ${pcpu}: machine.pcpus is ${pcpus} and they count from 0`;
      return { path, complaint: { message, found: String(pcpu), allowed } };
    });
}

/** Checks a domain's memory against the guest-physical addresses that the machine translates. Paths within the domain. */
export function checkStageTwo({ memory }: DomainFile, bits: number | undefined): Finding[] {
  if (bits === undefined) return [];
  const end = 2 ** bits;
  return memory.extents.flatMap((extent, index) => {
    if (extent.start + extent.size <= end) return [];
    const path = memory.form === 'ram' ? ['memory', 'ram'] : ['memory', index, 'size'];
    const room = formatSize(Math.max(0, end - extent.start));
    const message =
      `memory that begins at ${formatSize(extent.start)} ends beyond what machine.stage2_bits: ${bits} translates ` +
      `(${formatSize(end)}): there is room for ${room}`;
    return [{ path, complaint: { message, found: formatSize(extent.size) } }];
  });
}

/** Checks that a topology has the machine's pCPUs, each in one node. Paths within the machine. */
export function checkTopology(topology: TopologySetup | undefined, pcpus: number): Finding[] {
  if (topology === undefined) return [];
  const { sockets, cores, threads, nodes } = topology;
  const count = sockets * cores * threads;
  if (count !== pcpus) {
    const found = `${sockets} * ${cores} * ${threads} = ${count}`;
    const message =
      `sockets * cores * threads is ${found}, and machine.pcpus ${pcpus}: ` +
      'make them equal, or leave out pcpus';
    return [{ path: ['topology'], complaint: { message, found, allowed: String(pcpus) } }];
  }
  const members = nodes.flat();
  const wrong = members.find((pcpu, i) => pcpu >= pcpus || members.indexOf(pcpu) !== i);
  const missing = Array.from({ length: pcpus }, (_, pcpu) => pcpu).find(
    (p) => !members.includes(p),
  );
  if (nodes.length === 0 || (wrong === undefined && missing === undefined)) return [];
  const what =
    wrong === undefined
      ? `pCPU ${missing} is in none`
      : wrong < pcpus
        ? `pCPU ${wrong} is in two`
        : `there is no pCPU ${wrong} of ${pcpus}`;
  const message = `each pCPU is in one node: ${what}`;
  return [{ path: ['topology', 'nodes'], complaint: { message } }];
}

/** Checks the number of vCPUs of all domains together. */
export function checkVcpuCount(domains: readonly DomainFile[]): Finding[] {
  const count = domains.reduce((sum, domain) => sum + countVcpus(domain), 0);
  if (count <= VCPUS_MAX) return [];
  const allowed = `at most ${VCPUS_MAX}`;
  const message = `expected ${allowed} vCPUs in all domains together, found ${count}`;
  return [{ path: ['domains'], complaint: { message, found: String(count), allowed } }];
}

/** What the first vCPU of a domain must be that guests of other domains name. */
const TARGETS = { notifier: 'sleeper', io: 'device-model' } as const;

/** Checks that the domains that guests name exist and are what the guests expect them to be. */
export function checkTargets(names: readonly string[], domains: readonly DomainFile[]): Finding[] {
  const withFirst = (kind: string) =>
    names.filter((_, d) => domains[d].vcpus[0].guest.name === kind);
  return domains.flatMap(({ vcpus }, d) =>
    vcpus.flatMap(({ guest }, v) => {
      const path = ['domains', names[d], 'vcpus', v, 'guest'];
      if (guest.name === 'notifier') {
        const kind = TARGETS.notifier;
        return missingTarget([...path, 'target'], guest.target, withFirst(kind), kind);
      }
      if (guest.name !== 'program') return [];
      return guest.ops.flatMap((op, i) => {
        if (op[0] === 'io') {
          return missingTarget([...path, 'ops', i, 1], op[1], withFirst(TARGETS.io), TARGETS.io);
        }
        if (op[0] === 'send') return missingVcpu([...path, 'ops', i], op[1], op[2], names, domains);
        return op[0] === 'defer' ? missingTarget([...path, 'ops', i, 1], op[1], names) : [];
      });
    }),
  );
}

function missingVcpu(
  path: KeyPath,
  domain: string,
  number: number,
  names: readonly string[],
  domains: readonly DomainFile[],
): Finding[] {
  if (!names.includes(domain)) return missingTarget([...path, 1], domain, names);
  const { vcpus } = domains[names.indexOf(domain)];
  const count = vcpus.reduce((sum, group) => sum + group.count, 0);
  if (number < count) return [];
  const message = `${domain} has no vCPU ${number}`;
  const allowed = `0 to ${count - 1}`;
  return [{ path: [...path, 2], complaint: { message, found: String(number), allowed } }];
}

function missingTarget(
  path: KeyPath,
  found: string,
  allowed: readonly string[],
  kind?: string,
): Finding[] {
  if (allowed.includes(found)) return [];
  const what = kind === undefined ? 'domain' : `domain whose first vCPU is a ${kind}`;
  const complaint = { message: `${found} is no ${what}`, found, allowed: allowed.join(', ') };
  return [{ path, complaint }];
}

/**
 * Checks that a flush which is preempted anywhere, in the middle of a page, belongs to a domain whose p2m cannot
 * change meanwhile: one whose accesses are not tracked, or with one vCPU.
 */
export function checkImmediate(
  names: readonly string[],
  domains: readonly DomainFile[],
): Finding[] {
  return domains.flatMap((domain, d) => {
    if (countVcpus(domain) === 1) return [];
    const message =
      `during: immediate, the ideal without check points, goes on in the middle of a page, so with machine.stage2_bits ` +
      `nobody else may change the p2m: expected one vCPU, ${names[d]} has ${countVcpus(domain)}`;
    return [{ path: ['domains', names[d], 'vcpus'], complaint: { message } }];
  });
}

/** The number of vCPUs of a domain. */
export function countVcpus(domain: DomainFile): number {
  return domain.vcpus.reduce((sum, group) => sum + group.count, 0);
}

function checkMemory(memory: MemoryFile): Finding[] {
  const { extents } = memory;
  if (memory.form === 'ram') {
    const [{ size, order }] = extents;
    if (size % blockSize(order) === 0) return [];
    const block = formatSize(blockSize(order));
    const message = `ram (${formatSize(size)}) is not a multiple of its block (${block})`;
    return [{ path: ['memory', 'ram'], complaint: { message } }];
  }
  return [...extents.flatMap(checkExtent), ...overlaps(extents)];
}

function checkExtent(extent: ExtentFile, index: number): Finding[] {
  const name = nameExtent(index, extent);
  const block = blockSize(extent.order);
  const findings: Finding[] = [];
  for (const key of ['start', 'size'] as const) {
    if (extent[key] % block === 0) continue;
    const message = `the ${key} of ${name} is not a multiple of its block (${formatSize(block)})`;
    findings.push({ path: ['memory', index, key], complaint: { message } });
  }
  if (extent.start + extent.size > ADDRESS_MAX) {
    const message = `${name} ends beyond the largest address (${formatSize(ADDRESS_MAX)})`;
    findings.push({ path: ['memory', index, 'size'], complaint: { message } });
  }
  return findings;
}

function overlaps(extents: readonly ExtentFile[]): Finding[] {
  const sorted = extents
    .map((extent, index) => ({ ...extent, index, end: extent.start + extent.size }))
    .sort((a, b) => a.start - b.start || a.index - b.index);
  const findings: Finding[] = [];
  let furthest = sorted[0];
  for (const extent of sorted.slice(1)) {
    if (extent.start < furthest.end) {
      const [first, second] = [furthest, extent].sort((a, b) => a.index - b.index);
      const name = nameExtent(second.index, second);
      const message = `${name} overlaps ${nameExtent(first.index, first)}`;
      findings.push({ path: ['memory', second.index], complaint: { message } });
    }
    if (extent.end > furthest.end) furthest = extent;
  }
  return findings;
}

function blockSize(order: number): number {
  return PAGE * 2 ** order;
}

/** Extents are counted from 1 in messages, as people count what they wrote. */
function nameExtent(index: number, { start, size }: ExtentFile): string {
  return `extent ${index + 1} (${formatSize(start)} to ${formatSize(start + size)})`;
}
