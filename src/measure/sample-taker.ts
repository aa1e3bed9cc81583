import { invariant } from '../engine/invariant.ts';
import type { Duration, Time } from '../engine/time.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { Attribution } from './attribution.ts';
import { domainOf, inOrder, type LatencyKind, type WholeKind, wholeOf } from './latency-kinds.ts';
import type { OpenWait } from './open-waits.ts';
import { SampleList } from './sample-list.ts';
import {
  fieldsWith,
  ROW_CENSORED,
  ROW_LATENCY,
  ROW_PCPU,
  ROW_TIME,
  ROW_VCPU,
  SampleRow,
} from './sample-row.ts';
import { SampleRows, type SampleSink } from './sample-rows.ts';
import { VcpuList } from './vcpu-list.ts';
import { WorstSamples } from './worst-samples.ts';

/** The samples of one kind. */
export interface Samples {
  readonly latency: SampleList;
  /** Of which vCPU each is; negative: of a pCPU. */
  readonly vcpus: VcpuList;
  readonly worst: WorstSamples;
  /** Where all there is to know of each goes, if anybody asks. */
  readonly rows: SampleRows | undefined;
  /** How many of them, the last ones, had not ended when the run did, and are at least so long. */
  censored: number;
}

/** Where the samples of one kind go. */
export interface KindSamples {
  /** Those of all, if they are asked for. */
  whole: Samples | undefined;
  /** Those of some domains' vCPUs. */
  readonly parts: { readonly domain: string; readonly samples: Samples }[];
}

/** What is measured, by kind. */
export type Measured = Readonly<Partial<Record<WholeKind, KindSamples>>>;

/** Latencies that began earlier than `warmUp`, or not before `end`, are not kept [ns]. */
export interface MeasureWindow {
  readonly warmUp: Time;
  readonly end: Time;
}

/** Keeps samples of latencies with what their time was spent on. */
export class SampleTaker {
  readonly samples: Measured;
  readonly attribution: Attribution;
  /** The sample that is being taken; the attribution puts its causes there. */
  private readonly taken: SampleRow;
  private readonly machine: Machine;
  private readonly window: MeasureWindow;

  constructor(machine: Machine, samples: Measured, window: MeasureWindow) {
    this.machine = machine;
    this.samples = samples;
    this.window = window;
    this.taken = new SampleRow(fieldsWith(machine.jobs.asked.length));
    this.attribution = new Attribution(machine.pcpuCount, machine.vcpus, this.taken);
    for (const { id, activity, current } of machine.pcpus) {
      this.attribution.activityChanged(machine.now, id, activity, current.id);
    }
  }

  /** What began at `start` is kept. */
  isInWindow(start: Time): boolean {
    return start >= this.window.warmUp && start < this.window.end;
  }

  /**
   * Takes a sample that ends now, unless its kind is not measured, or it began before the end of the warm-up or after
   * that of the run.
   * @param began - when it began, if `latency` is none but says something about that time (slowdown)
   */
  take(
    samples: KindSamples | undefined,
    latency: Duration,
    pcpu: number,
    vcpu: number,
    began?: Time,
  ): void {
    if (samples === undefined) return;
    const { now } = this.machine;
    const start = began ?? now - latency;
    if (!this.isInWindow(start)) return;
    this.attribution.attribute(vcpu, pcpu, start, now);
    this.keep(samples, latency, pcpu, vcpu);
  }

  /** Takes a timer's lateness, which ends now. @param raised - when TIMER was raised for it */
  takeTimer(lateness: Duration, pcpu: number, raised: Time, vcpu: number): void {
    const { timer } = this.samples;
    const { now } = this.machine;
    if (timer === undefined || !this.isInWindow(now - lateness)) return;
    this.attribution.attributeTimer(pcpu, now - lateness, raised, now);
    this.keep(timer, lateness, pcpu, vcpu);
  }

  /** Takes what has not ended, for a sample that is at least as long as until now. */
  censor({ kind, pcpu, vcpu, began, latency }: OpenWait): void {
    const { machine, attribution } = this;
    const { now, softirqTimer } = machine;
    const samples = this.samples[kind];
    if (samples === undefined) return;
    if (kind === 'timer') {
      const { softirqPending, raisedAt } = machine.pcpus[pcpu];
      const isRaised = (softirqPending & (1 << softirqTimer)) !== 0;
      attribution.attributeTimer(pcpu, began, isRaised ? raisedAt[softirqTimer] : now, now);
    } else {
      attribution.attribute(vcpu, pcpu, began, now);
    }
    this.taken.numbers[ROW_CENSORED] = 1;
    this.keep(samples, latency, pcpu, vcpu);
    this.taken.numbers[ROW_CENSORED] = 0;
  }

  /** Keeps a sample whose causes have just been found. */
  private keep(samples: KindSamples, latency: Duration, pcpu: number, vcpu: number): void {
    invariant(latency >= 0, 'a latency is not negative');
    const { numbers } = this.taken;
    numbers[ROW_TIME] = this.machine.now;
    numbers[ROW_PCPU] = pcpu;
    numbers[ROW_VCPU] = vcpu;
    numbers[ROW_LATENCY] = latency;
    if (samples.whole !== undefined) this.add(samples.whole);
    if (samples.parts.length === 0) return;
    for (const { domain, samples: own } of samples.parts) {
      if (vcpu >= 0 && this.machine.vcpus[vcpu].domain?.name === domain) this.add(own);
    }
  }

  private add(samples: Samples): void {
    const { numbers } = this.taken;
    samples.latency.push(numbers[ROW_LATENCY]);
    samples.vcpus.push(numbers[ROW_VCPU]);
    samples.worst.add(this.taken);
    samples.rows?.add(numbers);
    samples.censored += numbers[ROW_CENSORED];
  }
}

/** No samples yet, of `kinds`. @param sink - takes the samples with time, pCPU, vCPU and causes */
export function noSamples(
  kinds: readonly LatencyKind[],
  sink: SampleSink | undefined,
  jobs: number,
): Measured {
  const fields = fieldsWith(jobs);
  const measured: Partial<Record<WholeKind, KindSamples>> = {};
  for (const kind of inOrder(kinds)) {
    const samples: Samples = {
      latency: new SampleList(),
      vcpus: new VcpuList(),
      worst: new WorstSamples(fields),
      rows: sink && new SampleRows(kind, sink, fields),
      censored: 0,
    };
    measured[wholeOf(kind)] ??= { whole: undefined, parts: [] };
    const own = measured[wholeOf(kind)] as KindSamples;
    const domain = domainOf(kind);
    if (domain === undefined) own.whole = samples;
    else own.parts.push({ domain, samples });
  }
  return measured;
}

/** The samples of each kind, in their order. */
export function samplesByKind(measured: Measured): [LatencyKind, Samples][] {
  return (Object.entries(measured) as [WholeKind, KindSamples][]).flatMap(
    ([kind, { whole, parts }]) => [
      ...(whole === undefined ? [] : [[kind, whole] satisfies [LatencyKind, Samples]]),
      ...parts.map(({ domain, samples }): [LatencyKind, Samples] => [`${kind}@${domain}`, samples]),
    ],
  );
}
