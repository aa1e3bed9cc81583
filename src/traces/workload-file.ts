import type { Duration } from '../engine/time.ts';
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
 * Writes a workload as an experiment file: each vCPU carries out its operations once, on the pCPU it ran on
 * longest, on a machine whose hypervisor takes no time. It lasts long enough for all of them to be done.
 */
export function workloadFile(workload: Workload): WorkloadFile {
  const { pcpus, vcpus } = workload;
  const ops = vcpus.reduce((sum, vcpu) => sum + vcpu.ops.length, 0);
  if (ops > OPS_MAX) {
    const message = `it has ${ops} times of running and being blocked, an experiment file at most ${OPS_MAX}: take a shorter trace`;
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
    `duration: ${formatDuration(durationOf(workload))}`,
    `machine: {pcpus: ${pcpus}, costs: zero, timers: exact}`,
    'domains:',
    ...[...domains].flatMap(([domain, its]) => [`  d${domain}:`, '    vcpus:', ...vcpuLines(its)]),
  ];
  return { ok: true, text: `${lines.join('\n')}\n` };
}

/**
 * At least the trace's, and long enough: on a pCPU that idles only if nobody wants to run, who is not blocked waits
 * at most for what all the others have to run.
 */
function durationOf({ duration, vcpus }: Workload): Duration {
  const sum = (ops: readonly WorkloadOp[], kind: string) =>
    ops.reduce((total, op) => total + (op.kind === kind ? op.length : 0), 0);
  const ends = [...groupBy(vcpus, ({ pcpu }) => pcpu).values()].map((its) => {
    const run = its.reduce((total, { ops }) => total + sum(ops, 'run'), 0);
    return run + its.reduce((max, { start, ops }) => Math.max(max, start + sum(ops, 'block')), 0);
  });
  return ends.reduce((max, end) => Math.max(max, end + 1), Math.max(1, duration));
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
  return vcpus.flatMap(({ pcpu, start, ops }) => [
    `      - hard_affinity: [${pcpu}]`,
    `        start: ${formatDuration(start - 0)}`,
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
  ops.forEach(({ kind, length }, i) => {
    const op = `[${kind}, ${formatDuration(length)}]${i + 1 < ops.length ? ',' : ']'}`;
    if (line.length + op.length >= LINE_MAX) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${op} `;
  });
  return [...lines, line.trimEnd()];
}
