import type { Duration, Time } from '../engine/time.ts';
import { VCPUS_MAX } from '../experiment/schema/domain-schema.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING } from '../hypervisor/machine/vcpu.ts';
import { TraceFacts } from './trace-facts.ts';
import { nameOf, RUNSTATE_NAMES, VcpuHistory } from './vcpu-history.ts';
import type { Workload } from './workload.ts';
import * as xen from './xentrace-format.ts';
import { type Loss, type ReadRecord, readXentrace } from './xentrace-reader.ts';
import { type ByteProblem, ByteProblems } from './xentrace-windows.ts';

/** A workload, or everything that is wrong with a file (at most 20 things), in the order of the bytes. */
export type ImportResult =
  | { readonly ok: true; readonly workload: Workload }
  | { readonly ok: false; readonly problems: readonly ByteProblem[] };

/**
 * Reads a xentrace file.
 * @param givenHz - ticks of its TSC in a second, a whole number; undefined: as the trace says
 * @param isStrict - records that contradict others are wrong; otherwise they are believed, and counted
 */
export function importXentrace(
  bytes: Uint8Array,
  givenHz?: number,
  isStrict = false,
): ImportResult {
  const problems = new ByteProblems();
  const { pcpus, records, losses } = readXentrace(bytes, problems);
  const facts = new TraceFacts();
  for (const record of readXentrace(bytes, new ByteProblems()).records) facts.record(record);
  const { hz: tracedHz, schedulers } = facts;
  const hz = givenHz ?? tracedHz ?? 1e9;
  const importer = new Importer(hz, losses, problems, isStrict);
  for (const record of records) importer.record(record);
  const workload = { ...importer.finish(pcpus), schedulers, hz, tracedHz };
  const hasRun = workload.vcpus.some(({ record }) => record.runs > 0);
  if (problems.found.length === 0 && hasRun && givenHz === undefined && tracedHz === undefined) {
    problems.add(
      0,
      'no record says how fast the TSC is (SWITCH_INFPREV, SWITCH_INFNEXT): give --cpu-hz',
    );
  }
  if (problems.found.length === 0 && !hasRun) {
    problems.add(
      0,
      'there is nothing to replay: no vCPU runs in this trace (is class 0x21000 on?)',
    );
  }
  const found = problems.found.toSorted((a, b) => a.byte - b.byte);
  return found.length === 0 ? { ok: true, workload } : { ok: false, problems: found };
}

/** Bits of a RUNSTATE_CHANGE event that are the two states. */
const STATE_BITS = 0xff0;
/** Longest trace [ns]: sums of its times are exact. */
const TIME_MAX = 2 ** 50;
/** Guests' and idle vCPUs. */
const HISTORIES_MAX = VCPUS_MAX + xen.TRACED_PCPUS_MAX;
/** Domains have lower numbers. */
const DOMAINS_MAX = xen.IDLE_DOMAIN + 1;

/** A wait that began so long after a stint at most is that of the vCPU it has preempted [ns]. */
const SWITCH_MAX = 50_000;

/** What runs on a pCPU, and when its first record was. */
interface PcpuState {
  current: VcpuHistory | undefined;
  readonly first: Time;
  /** Who is being switched out, and since when it ran as SWITCH_INFPREV says. */
  stint: { readonly vcpu: VcpuHistory; readonly start: Time } | undefined;
}

const newPcpu = (first: Time): PcpuState => ({ current: undefined, first, stint: undefined });

/** Follows runstates through the records of a trace. */
class Importer {
  private readonly hz: number;
  private readonly problems: ByteProblems;
  private readonly vcpus = new Map<number, VcpuHistory>();
  private readonly pcpus = new Map<number, PcpuState>();
  private firstTicks: number | undefined;
  private now: Time = 0;
  private readonly losses: readonly Loss[];
  /** When those that have begun began [ns], and until when records may have been lost [ticks]. */
  private readonly lossTimes: Time[] = [];
  private lossEnd = Number.NEGATIVE_INFINITY;

  private readonly isStrict: boolean;
  private contradictions = 0;

  constructor(hz: number, losses: readonly Loss[], problems: ByteProblems, isStrict: boolean) {
    this.isStrict = isStrict;
    this.hz = hz;
    this.losses = losses;
    this.problems = problems;
  }

  record(record: ReadRecord): void {
    this.firstTicks ??= record.ticks;
    this.doubt(record.ticks);
    this.now = this.timeOf(record.ticks);
    const pcpu = this.pcpus.get(record.pcpu) ?? newPcpu(this.now);
    this.pcpus.set(record.pcpu, pcpu);
    const { event } = record;
    if (event === xen.LOST_RECORDS && record.words.length < 4) {
      this.problems.add(record.byte, `LOST_RECORDS has 4 words, not ${record.words.length}`);
    } else if (event === xen.CONTINUE_RUNNING) this.keep(record, pcpu);
    else if ((event & ~STATE_BITS) === xen.RUNSTATE_CHANGE) this.change(record, pcpu);
    else this.hint(record, pcpu);
  }

  finish(pcpus: readonly number[]): Omit<Workload, 'schedulers' | 'hz' | 'tracedHz'> {
    // Who ran last runs on: a pCPU writes nothing as long as nothing changes.
    for (const history of this.vcpus.values()) history.pass(this.now);
    const vcpus = [...this.vcpus.values()]
      .filter(({ domain }) => domain !== xen.IDLE_DOMAIN)
      .sort((a, b) => a.domain - b.domain || a.vcpu - b.vcpu)
      .flatMap((history) => history.workload() ?? []);
    const { now, contradictions } = this;
    const lostRecords = this.losses.reduce((sum, { count }) => sum + count, 0);
    if (now > TIME_MAX) {
      this.problems.add(0, `it lasts ${now / 1e9} s: is this the speed of its TSC?`);
    }
    return {
      pcpus: (pcpus.at(-1) ?? 0) + 1,
      duration: now - 0,
      vcpus,
      lostRecords,
      contradictions,
    };
  }

  private change(record: ReadRecord, pcpu: PcpuState): void {
    const from = (record.event >> 8) & 15;
    const to = (record.event >> 4) & 15;
    if (from > OFFLINE || to > OFFLINE) {
      this.problems.add(record.byte, `there is no runstate ${Math.max(from, to)}`);
      return;
    }
    const vcpu = this.vcpuOf(record, from, pcpu);
    if (vcpu === undefined || !this.isIn(vcpu, from, record)) return;
    if (from === RUNNING) {
      if (pcpu.current !== vcpu && !this.concerns(pcpu, vcpu, record)) return;
      pcpu.current = undefined;
    }
    if (to === RUNNING && !this.concerns(pcpu, vcpu, record)) return;
    vcpu.change(to, record.pcpu, this.now);
  }

  /** What the scheduler says beside runstates: why they will change, and since when they were as they are. */
  private hint({ event, words }: ReadRecord, pcpu: PcpuState): void {
    const [domain, number, ns] = words;
    if (words.length < 2 || domain >= DOMAINS_MAX) return;
    const vcpu = this.vcpus.get(domain * 2 ** 16 + number);
    if (event === xen.SWITCH_INFNEXT && words.length >= 3) this.settle(pcpu, vcpu, ns);
    if (vcpu === undefined) return;
    if (event === xen.SWITCH_INFPREV && words.length >= 3) {
      pcpu.stint = { vcpu, start: Math.max(this.now - ns, vcpu.knownUntil) };
    } else if (event === xen.SCHED_SLEEP) vcpu.pause();
    else if (event === xen.SCHED_BLOCK) vcpu.isBlocking = true;
    else if (event === xen.SCHED_YIELD && pcpu.current === vcpu) vcpu.giveUp(this.now);
  }

  /**
   * A switch from whose stint SWITCH_INFPREV has told to `next`, who has waited for so long [ns]: where records
   * were lost, this says who ran when.
   */
  private settle(pcpu: PcpuState, next: VcpuHistory | undefined, waited: Duration): void {
    if (pcpu.stint === undefined) return;
    const { vcpu: prev, start } = pcpu.stint;
    pcpu.stint = undefined;
    const doubted = this.doubtedSince(prev);
    // It has run since before the loss, or nothing was lost.
    if (doubted === undefined || start <= doubted) return;
    const nextDoubted = next === undefined ? undefined : this.doubtedSince(next);
    if (next !== undefined && nextDoubted !== undefined && waited > 0) {
      const wasPreempted = Math.abs(this.now - waited - start) <= SWITCH_MAX;
      const waitsFrom = Math.max(wasPreempted ? start : this.now - waited, nextDoubted);
      const since = Math.max(waitsFrom, next.knownUntil);
      if (!wasPreempted) this.leave(next, nextDoubted);
      else if (next.state === RUNNABLE && next.knownUntil <= nextDoubted) {
        if (pcpu.current !== undefined) this.leave(pcpu.current, nextDoubted);
        next.change(RUNNING, prev.pcpu, nextDoubted);
      }
      this.leave(next, since);
      if (next.state !== RUNNABLE) next.change(RUNNABLE, next.pcpu, since);
    }
    this.leave(prev, doubted);
    if (pcpu.current !== undefined) this.leave(pcpu.current, start);
    prev.change(RUNNING, prev.pcpu, start);
    pcpu.current = prev;
  }

  /** If `vcpu` runs, it does so no longer. */
  private leave(vcpu: VcpuHistory, time: Time): void {
    const before = this.pcpus.get(vcpu.pcpu);
    if (before?.current === vcpu) before.current = undefined;
    if (vcpu.state !== RUNNING) return;
    vcpu.change(vcpu.isBlocking ? BLOCKED : RUNNABLE, vcpu.pcpu, Math.max(time, vcpu.knownUntil));
  }

  /** CONTINUE_RUNNING: it is running, as before. */
  private keep(record: ReadRecord, pcpu: PcpuState): void {
    const vcpu = this.vcpuOf(record, RUNNING, pcpu);
    if (vcpu === undefined || !this.isIn(vcpu, RUNNING, record)) return;
    vcpu.runOn();
    if (pcpu.current !== vcpu) this.concerns(pcpu, vcpu, record);
  }

  /** `vcpu` is current from now on. @returns whether nobody else is */
  private concerns(pcpu: PcpuState, vcpu: VcpuHistory, record: ReadRecord): boolean {
    const { current } = pcpu;
    if (current !== undefined && current !== vcpu) {
      const message = `${nameOf(vcpu)} runs here, but ${nameOf(current)} has not stopped`;
      const doubtedSince = this.doubtedSince(current) ?? this.believe(record, message);
      if (doubtedSince === undefined) return false;
      // It has gone while records were lost; why, its next record says.
      current.change(RUNNABLE, current.pcpu, doubtedSince);
    }
    pcpu.current = vcpu;
    return true;
  }

  /** The vCPU that a record names; one never seen before was in `state` since the pCPU's or the trace's beginning. */
  private vcpuOf(record: ReadRecord, state: number, pcpu: PcpuState): VcpuHistory | undefined {
    const word = record.words.at(0);
    if (word === undefined) {
      this.problems.add(record.byte, 'the record does not say which vCPU it is about');
      return undefined;
    }
    const known = this.vcpus.get(word);
    if (known !== undefined) return known;
    if (word >>> 16 >= DOMAINS_MAX) {
      this.problems.add(record.byte, `there is no domain ${word >>> 16}`);
      return undefined;
    }
    if (this.vcpus.size >= HISTORIES_MAX) {
      this.problems.add(record.byte, `there are more than ${VCPUS_MAX} vCPUs`);
      return undefined;
    }
    const since = state === RUNNING ? pcpu.first : 0;
    const vcpu = new VcpuHistory(word >>> 16, word & 0xffff, state, record.pcpu, since);
    vcpu.lossesSeen = this.lossTimes.length;
    if (state === RUNNING) this.concerns(pcpu, vcpu, record);
    this.vcpus.set(word, vcpu);
    return vcpu;
  }

  /** Whether `vcpu` is in `state`; if records were lost it may have come there meanwhile. */
  private isIn(vcpu: VcpuHistory, state: number, record: ReadRecord): boolean {
    const doubtedSince = this.doubtedSince(vcpu);
    vcpu.doubtedSince = record.ticks <= this.lossEnd ? this.now : undefined;
    vcpu.lossesSeen = this.lossTimes.length;
    const isElsewhere = state === RUNNING && vcpu.pcpu !== record.pcpu;
    if (vcpu.state === state && !isElsewhere) return true;
    const [said, was] = [RUNSTATE_NAMES[state], RUNSTATE_NAMES[vcpu.state]];
    const where = vcpu.state === state ? 'here' : said;
    const place = vcpu.state === state ? `it runs on pCPU ${vcpu.pcpu}` : `it was ${was}`;
    const message = `${nameOf(vcpu)} is said to be ${where}, but ${place}`;
    const since = doubtedSince ?? this.believe(record, message);
    if (since === undefined) return false;
    const before = this.pcpus.get(vcpu.pcpu);
    if (vcpu.state === RUNNING && before?.current === vcpu) before.current = undefined;
    vcpu.change(state, record.pcpu, since);
    return true;
  }

  /** A record contradicts what is known. @returns since when it is believed; undefined: it is wrong */
  private believe({ byte }: ReadRecord, message: string): Time | undefined {
    if (this.isStrict) {
      this.problems.add(byte, message);
      return undefined;
    }
    this.contradictions++;
    return this.now;
  }

  /** Notes the losses that have begun: nothing that is known about a vCPU is sure from then on. */
  private doubt(ticks: number): void {
    for (;;) {
      const next = this.losses.at(this.lossTimes.length);
      if (next === undefined || next.from > ticks) return;
      this.lossTimes.push(Math.max(this.now, this.timeOf(next.from)));
      this.lossEnd = Math.max(this.lossEnd, next.to);
    }
  }

  /** Since when what is known about `vcpu` may be outdated; undefined: it is not. */
  private doubtedSince(vcpu: VcpuHistory): Time | undefined {
    return vcpu.doubtedSince ?? this.lossTimes.at(vcpu.lossesSeen);
  }

  /** Ticks as time since the first record [ns], rounded down. */
  private timeOf(ticks: number): Time {
    const since = ticks - (this.firstTicks ?? ticks);
    const ticksPerNs = this.hz / 1e9;
    if (Number.isInteger(ticksPerNs)) return Math.floor(since / ticksPerNs);
    // The product does not fit a number.
    return Number((BigInt(since) * 1_000_000_000n) / BigInt(this.hz));
  }
}
