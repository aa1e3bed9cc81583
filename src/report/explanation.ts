import type { Worst } from '../analysis/digest.ts';
import { timeText } from '../analysis/time-text.ts';
import { quoted } from '../batch/cluster.ts';
import type { Duration, Time } from '../engine/time.ts';
import { buildMachine } from '../experiment/build/build.ts';
import { type Cell, jobNames } from '../experiment/schema/schema.ts';
import type { JobRun } from '../hypervisor/jobs/job-run.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import { ACTIVITIES, type Activity } from '../hypervisor/paths/activity.ts';
import type { WakeReason } from '../hypervisor/ports.ts';
import { Probe } from '../hypervisor/probe.ts';
import type { OperationOutcome, ToolstackOperation } from '../hypervisor/toolstack/operation.ts';
import { type Cause, causesOf } from '../measure/causes.ts';
import { OUTCOME_TEXTS, operationText } from '../measure/operation-text.ts';

/** What each cause is, in words. */
const WORDS: Readonly<Record<Cause, string>> = {
  guest: 'guest code ran',
  flush: 'a chunk of a flush ran, to its next check point',
  path: 'the hypervisor was on its way: traps, the return path',
  softirq: 'softirq handlers ran',
  switch: 'the scheduler decided and switched',
  interrupt: 'interrupt handlers ran',
  lock: 'the pCPU span for the p2m lock',
  idle: 'the pCPU woke from WFI, or an SGI was on its way',
  behind_guest: "another vCPU's guest ran",
  behind_flush: "another vCPU's flush ran",
  behind_path: 'the hypervisor worked for another vCPU',
  timer: 'the timer was due but had not fired: timer_slop, or interrupts were masked',
  forgotten: 'longer ago than is remembered',
};

/** A cause in words; one that is not known otherwise is a job's. */
export function causeWords(cause: string): string {
  const known = WORDS[cause as Cause];
  if (known !== undefined) return known;
  const job = cause.replace(/^behind_/, '');
  return job === cause
    ? `units of the job ${job} ran`
    : `units of the job ${job} ran for another vCPU`;
}

/** What is before the latency in its timeline [ns]. */
const LEAD: Duration = 2000;
const LINES_MAX = 60;
const BAR = 40;

/** Explains one sample: what each nanosecond went to, in words and as a timeline. */
export function explain(worst: Worst, seed: number, command: string): string[] {
  const { cell, replication, kind, time, pcpu, vcpu, latency, censored, causes } = worst;
  const parts = causesOf(jobNames(cell))
    .map((cause, i) => ({ cause, ns: causes[i] }))
    .filter(({ ns }) => ns > 0)
    .sort((a, b) => b.ns - a.ns);
  const lines = [
    `${kind}: ${censored ? 'at least ' : ''}${timeText(latency)}, ${vcpuText(cell, vcpu)} on pCPU ${pcpu}, ${censored ? 'not ended at' : 'until'} ${timeText(time)} of ${cell.id}, replication ${replication}`,
    '',
    ...parts.map(({ cause, ns }) => {
      const share = ns / latency;
      const bar = '#'.repeat(Math.max(1, Math.round(BAR * share))).padEnd(BAR);
      return `  ${timeText(ns).padStart(10)}  ${(100 * share).toFixed(1).padStart(5)} %  ${bar}  ${causeWords(cause)}`;
    }),
    '',
    ...timeline(worst, seed).map((line) => `  ${line}`),
    '',
    `  the whole timeline: ${command} --cell ${quoted(cell.id)} --replication ${replication}`,
    '',
  ];
  return lines;
}

/** Something that happened on a sample's pCPU. */
export interface PcpuEvent {
  /** After the sample began; before it: negative [ns]. */
  readonly at: Duration;
  /** What begins; with two spaces before it: what happens meanwhile, and lasts no time. */
  readonly text: string;
}

/**
 * What happened on the sample's pCPU from shortly before it began to its end, in the order of time. Its replication is run
 * again for it.
 */
export function eventsAround(
  { cell, replication, time, pcpu, latency }: Worst,
  seed: number,
): PcpuEvent[] {
  const from: Time = time - latency;
  const probe = new WindowProbe(cell, pcpu, from - LEAD, time);
  const { machine } = buildMachine(cell.setup, seed, replication, probe);
  // Time and duration since boot are the same number.
  machine.run(time - 0);
  return probe.lines.map(({ at, text }) => ({ at: at - from, text }));
}

/** The same as lines, those in the middle left out if they are many. */
function timeline(worst: Worst, seed: number): string[] {
  const lines = eventsAround(worst, seed).map(
    ({ at, text }) => `${signed(at).padStart(13)}  ${text}`,
  );
  if (lines.length <= LINES_MAX) return lines;
  const half = LINES_MAX / 2;
  const left = lines.length - LINES_MAX;
  return [...lines.slice(0, half), `${'...'.padStart(13)}  ${left} lines`, ...lines.slice(-half)];
}

/** Notes what happens on one pCPU in some window. */
class WindowProbe extends Probe {
  readonly lines: { at: Time; text: string }[] = [];
  private machine: Machine | undefined;
  private readonly cell: Cell;
  private readonly pcpu: number;
  private readonly from: Time;
  private readonly to: Time;

  constructor(cell: Cell, pcpu: number, from: Time, to: Time) {
    super();
    this.cell = cell;
    this.pcpu = pcpu;
    this.from = from;
    this.to = to;
  }

  override attached(machine: Machine): void {
    this.machine = machine;
  }

  override activityChanged(pcpu: number, activity: Activity, current: Vcpu): void {
    this.note(pcpu, `${this.activityName(activity)} (${vcpuText(this.cell, current.id)})`);
  }

  override softirqRaised(pcpu: number, nr: number): void {
    this.note(pcpu, `  ${this.softirq(nr)} raised`);
  }

  override softirqStarted(pcpu: number, nr: number, latency: Duration): void {
    this.note(pcpu, `  ${this.softirq(nr)} begins, ${timeText(latency)} after it was raised`);
  }

  override woken(vcpu: Vcpu, why: WakeReason): void {
    this.note(vcpu.processor, `  ${vcpuText(this.cell, vcpu.id)} wakes (${why})`);
  }

  override jobHit({ job }: JobRun, pcpu: number): void {
    this.note(pcpu, `  a test of ${job.name} finds something`);
  }

  override operationEnded(
    _: number,
    operation: ToolstackOperation,
    outcome: OperationOutcome,
  ): void {
    if (this.machine === undefined) return;
    const what = operationText(this.machine, operation);
    this.note(
      this.pcpu,
      `  the toolstack: ${what}${outcome === 'done' ? '' : `, ${OUTCOME_TEXTS[outcome]}`}`,
    );
  }

  private activityName(activity: Activity): string {
    return ACTIVITIES[activity] ?? jobNames(this.cell)[activity - ACTIVITIES.length];
  }

  private softirq(nr: number): string {
    if (nr === this.machine?.softirqRcu) return 'RCU';
    return nr === this.machine?.softirqTimer ? 'TIMER' : 'SCHEDULE';
  }

  private note(pcpu: number, text: string): void {
    const at = this.machine?.now ?? 0;
    if (pcpu !== this.pcpu || at < this.from || at > this.to) return;
    this.lines.push({ at, text });
  }
}

/** A vCPU by its domain and number. */
export function vcpuText({ setup }: Cell, vcpu: number): string {
  if (vcpu < 0) return 'no vCPU';
  let first = 0;
  for (const { name, vcpus } of setup.domains) {
    const count = vcpus.reduce((sum, group) => sum + group.count, 0);
    if (vcpu < first + count) return `${name}/${vcpu - first}`;
    first += count;
  }
  return `vCPU ${vcpu}`;
}

function signed(ns: number): string {
  return `${ns < 0 ? '-' : '+'}${timeText(Math.abs(ns))}`;
}
