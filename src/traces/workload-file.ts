import type { Duration } from '../engine/time.ts';
import { VCPUS_MAX } from '../experiment/schema/domain-schema.ts';
import { counted } from '../input/counted.ts';
import { formatDuration } from '../input/units.ts';
import { guestModel } from './guest-model.ts';
import { hasPartners, type ProgramWorkloadOp, programOps } from './program-ops.ts';
import type { VcpuWorkload, Workload, WorkloadOp } from './workload.ts';

/** Operations that an experiment file can hold: it is read up to 1 MiB and 400 000 tokens. */
export const OPS_MAX = 40_000;
const LINE_MAX = 100;

/** An experiment file, or why there can be none. */
export type WorkloadFile =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

/** How many operations a workload's file would have. */
export function opsOf({ vcpus }: Workload, hasPeriodic = false): number {
  return vcpus.reduce((sum, vcpu) => sum + (isScript(vcpu, hasPeriodic) ? vcpu.ops.length : 0), 0);
}

/** How a workload is to be written. */
export interface WorkloadStyle {
  /** vCPUs that seem to have a timer with dates of its own are such guests. */
  readonly hasPeriodic?: boolean;
  /** vCPUs that others seem to wake wait for them, who wake them. */
  readonly hasWakers?: boolean;
  /** The cost profile of the machine, whose timers are then Xen's; absent: the hypervisor takes no time. */
  readonly costs?: string;
  /** What the hypervisor itself needs of each run and each block, which is taken off [ns]. */
  readonly overhead?: { readonly run: Duration; readonly block: Duration };
}

/**
 * Writes a workload as an experiment file: each vCPU carries out its operations once, on a machine with the trace's
 * scheduler. Who stayed on one pCPU is pinned to it.
 */
export function workloadFile(workload: Workload, style: WorkloadStyle = {}): WorkloadFile {
  const { pcpus, vcpus, duration } = workload;
  const { hasPeriodic = false, costs } = style;
  const hypervisor = costs === undefined ? 'costs: zero, timers: exact' : `costs: ${costs}`;
  const ops = opsOf(workload, hasPeriodic);
  if (ops > OPS_MAX) {
    const message = `it has ${ops} operations, an experiment file at most ${OPS_MAX}: take a shorter part`;
    return { ok: false, message };
  }
  if (vcpus.length > VCPUS_MAX) {
    const message = `it has ${counted(vcpus.length, 'vCPU')}, an experiment file at most ${VCPUS_MAX}`;
    return { ok: false, message };
  }
  const domains = groupBy(vcpus, domainName);
  const lines = [
    '# Imported from a xentrace file: how long each vCPU ran, and how long it was blocked after that.',
    'question: How does the recorded workload fare?',
    'replications: 1',
    `duration: ${formatDuration(Math.max(1, duration))}`,
    `machine: {${versionOf(workload)}pcpus: ${pcpus}, ${schedulerOf(workload)}${hypervisor}}`,
    'domains:',
    ...[...domains].flatMap(([name, its]) => [
      `  ${name}:`,
      '    vcpus:',
      ...its.flatMap((vcpu) => vcpuLines(vcpu, workload, style)),
    ]),
  ];
  return { ok: true, text: `${lines.join('\n')}\n` };
}

/** What a vCPU's domain is called: `d5`, or `d5_2` if it is the second one with this id. */
export function domainName({ domain, life }: Pick<VcpuWorkload, 'domain' | 'life'>): string {
  return life === 1 ? `d${domain}` : `d${domain}_${life}`;
}

function isScript(vcpu: VcpuWorkload, hasPeriodic: boolean): boolean {
  return !hasPeriodic || guestModel(vcpu).kind !== 'periodic';
}

/** The version as a field; none if it is unknown. */
function versionOf({ version }: Workload): string {
  return version === undefined ? '' : `xen: "${version}", `;
}

/** The scheduler as a field; none if it is unknown, or is nothing without a plan of its own that no record tells. */
function schedulerOf({ schedulers }: Workload): string {
  const [name] = schedulers;
  return name === undefined || name === 'arinc653' ? '' : `scheduler: "${name}", `;
}

function groupBy<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item)) ?? [];
    groups.set(key(item), group);
    group.push(item);
  }
  return groups;
}

function vcpuLines(vcpu: VcpuWorkload, workload: Workload, style: WorkloadStyle): string[] {
  const { start, ops, record } = vcpu;
  const { hasPeriodic = false, hasWakers = false, overhead = { run: 0, block: 0 } } = style;
  const isProgram = hasWakers && hasPartners(vcpu);
  const all = isProgram ? programOps(vcpu, workload.duration) : ops;
  return [
    `      - start: ${formatDuration(start - 0)}`,
    ...(record.pcpus.length === 1 ? [`        hard_affinity: [${record.pcpus[0]}]`] : []),
    '        guest:',
    ...(isScript(vcpu, hasPeriodic)
      ? [
          `          name: ${isProgram ? 'program' : 'script'}`,
          '          repeat: false',
          '          ops:',
          ...opLines(all.map((op) => opText(lessened(op, overhead), workload))),
        ]
      : periodicLines(vcpu, overhead.run)),
  ];
}

/** An operation without what the hypervisor needs of it; at least 1 ns is left. */
function lessened<Op extends WorkloadOp | ProgramWorkloadOp>(
  op: Op,
  overhead: { readonly run: Duration; readonly block: Duration },
): Op {
  return 'length' in op ? { ...op, length: Math.max(1, op.length - overhead[op.kind]) } : op;
}

/** `[run, 1us]`, `[send, d3, 1]` and the like. */
function opText(op: WorkloadOp | ProgramWorkloadOp, { vcpus }: Workload): string {
  if (op.kind !== 'send')
    return `[${op.kind}${'length' in op ? `, ${formatDuration(op.length)}` : ''}]`;
  const { domain, life, vcpu } = op.to;
  // vCPUs that never wanted to run are left out.
  const its = vcpus.filter((one) => one.domain === domain && one.life === life);
  return `[send, ${domainName(op.to)}, ${its.findIndex((one) => one.vcpu === vcpu)}]`;
}

function periodicLines(vcpu: VcpuWorkload, overhead: Duration): string[] {
  const model = guestModel(vcpu);
  if (model.kind !== 'periodic') return [];
  const { period, jitter, run, first } = model;
  return [
    '          name: periodic-waker',
    `          period: ${formatDuration(period)}`,
    `          jitter: ${formatDuration(jitter)}`,
    `          run: ${formatDuration(Math.max(0, run - overhead))}`,
    `          phase: ${formatDuration(first - 0)}`,
  ];
}

/** Operations as a list, in lines of bounded length. */
function opLines(texts: readonly string[]): string[] {
  const indent = ' '.repeat(12);
  const lines: string[] = [];
  let line = `${indent}[`;
  texts.forEach((text, i) => {
    const op = `${text}${i + 1 < texts.length ? ',' : ']'}`;
    if (line.length + op.length >= LINE_MAX) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${op} `;
  });
  return [...lines, line.trimEnd()];
}
