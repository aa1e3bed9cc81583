import { VCPUS_MAX } from '../experiment/schema/domain-schema.ts';
import { formatDuration } from '../input/units.ts';
import type { VcpuWorkload, Workload, WorkloadOp } from './workload.ts';

/** Operations that an experiment file can hold: it is read up to 1 MiB and 400 000 tokens. */
const OPS_MAX = 40_000;
const LINE_MAX = 100;

/** An experiment file, or why there can be none. */
export type WorkloadFile =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

/**
 * Writes a workload as an experiment file: each vCPU carries out its operations once, on a machine with the trace's
 * scheduler whose hypervisor takes no time. Who stayed on one pCPU is pinned to it.
 */
export function workloadFile(workload: Workload): WorkloadFile {
  const { pcpus, vcpus, duration } = workload;
  const ops = vcpus.reduce((sum, vcpu) => sum + vcpu.ops.length, 0);
  if (ops > OPS_MAX) {
    const message = `it has ${ops} operations, an experiment file at most ${OPS_MAX}: take a shorter trace`;
    return { ok: false, message };
  }
  if (vcpus.length > VCPUS_MAX) {
    const message = `it has ${vcpus.length} vCPUs, an experiment file at most ${VCPUS_MAX}`;
    return { ok: false, message };
  }
  const domains = groupBy(vcpus, ({ domain }) => domain);
  const lines = [
    '# Imported from a xentrace file: how long each vCPU ran, and how long it was blocked after that.',
    'question: How does the recorded workload fare?',
    'replications: 1',
    `duration: ${formatDuration(Math.max(1, duration))}`,
    `machine: {pcpus: ${pcpus}, ${schedulerOf(workload)}costs: zero, timers: exact}`,
    'domains:',
    ...[...domains].flatMap(([domain, its]) => [`  d${domain}:`, '    vcpus:', ...vcpuLines(its)]),
  ];
  return { ok: true, text: `${lines.join('\n')}\n` };
}

/** The scheduler as a field; none if it is unknown, or is nothing without a plan of its own that no record tells. */
function schedulerOf({ schedulers }: Workload): string {
  const [name] = schedulers;
  return name === undefined || name === 'arinc653' ? '' : `scheduler: "${name}", `;
}

function groupBy<Item>(items: readonly Item[], key: (item: Item) => number): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item)) ?? [];
    groups.set(key(item), group);
    group.push(item);
  }
  return groups;
}

function vcpuLines(vcpus: readonly VcpuWorkload[]): string[] {
  return vcpus.flatMap(({ start, ops, record: { pcpus } }) => [
    `      - start: ${formatDuration(start - 0)}`,
    ...(pcpus.length === 1 ? [`        hard_affinity: [${pcpus[0]}]`] : []),
    '        guest:',
    '          name: script',
    '          repeat: false',
    '          ops:',
    ...opLines(ops),
  ]);
}

/** `[[run, 1us], [block, 1ms], ...` in lines of bounded length. */
function opLines(ops: readonly WorkloadOp[]): string[] {
  const indent = ' '.repeat(12);
  const lines: string[] = [];
  let line = `${indent}[`;
  ops.forEach((one, i) => {
    const operand = 'length' in one ? `, ${formatDuration(one.length)}` : '';
    const op = `[${one.kind}${operand}]${i + 1 < ops.length ? ',' : ']'}`;
    if (line.length + op.length >= LINE_MAX) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${op} `;
  });
  return [...lines, line.trimEnd()];
}
