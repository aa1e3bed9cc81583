import type { Duration, Time } from '../engine/time.ts';
import { VCPUS_MAX } from '../experiment/schema/domain-schema.ts';
import { OFFLINE, RUNNABLE, RUNNING } from '../hypervisor/machine/vcpu.ts';
import { Doubts } from './doubts.ts';
import { Stints } from './stints.ts';
import type { TraceClock } from './trace-clock.ts';
import { nameOf, RUNSTATE_NAMES, VcpuHistory } from './vcpu-history.ts';
import * as xen from './xentrace-format.ts';
import type { Loss, ReadRecord } from './xentrace-reader.ts';
import type { ByteProblems } from './xentrace-windows.ts';

/** Guests' and idle vCPUs. */
const HISTORIES_MAX = VCPUS_MAX + xen.TRACED_PCPUS_MAX;
/** Domains have lower numbers. */
const DOMAINS_MAX = xen.IDLE_DOMAIN + 1;

/** What has become of all vCPUs of guests. */
export interface Followed {
  /** By domain (one whose id is used again after those before), and number. */
  readonly histories: readonly VcpuHistory[];
  /** From time 0 to the end; negative if the last record was before that [ns]. */
  readonly duration: Duration;
}

/** Follows the runstates of all vCPUs through the records of a trace; what counts begins at time 0. */
export class RunstateFollower {
  private readonly clock: TraceClock;
  private readonly until: Time;
  private readonly problems: ByteProblems;
  private readonly doubts: Doubts;
  private readonly stints: Stints;
  private readonly vcpus = new Map<number, VcpuHistory>();
  /** vCPUs of domains that are gone, whose ids may be used again, and how many domains have had each id before. */
  private readonly gone: VcpuHistory[] = [];
  private readonly lives = new Map<number, number>();
  /** When the first record of each pCPU was. */
  private readonly firsts = new Map<number, Time>();
  /** When the first record was, and the last one. */
  private start: Time = 0;
  private now: Time | undefined;
  private hasBegun = false;

  /** @param until - what happens from then on is left out [ns] */
  constructor(clock: TraceClock, until: Time, losses: readonly Loss[], problems: ByteProblems) {
    this.clock = clock;
    this.until = until;
    this.problems = problems;
    this.doubts = new Doubts(losses, clock);
    this.stints = new Stints(this.doubts);
  }

  /** @returns whether the end has not been reached */
  record(record: ReadRecord): boolean {
    const { event, pcpu, ticks, byte, words } = record;
    const time = this.clock.timeOf(ticks);
    if (this.now === undefined) this.start = time;
    this.doubts.advance(ticks, this.now ?? time);
    if (time >= 0 && !this.hasBegun) this.begin();
    this.now = Math.min(time, this.until);
    if (time >= this.until) return false;
    if (!this.firsts.has(pcpu)) this.firsts.set(pcpu, time);
    if (event === xen.LOST_RECORDS && words.length < 4) {
      this.problems.believes(byte, `LOST_RECORDS has 4 words, not ${words.length}`);
    } else if (event === xen.CONTINUE_RUNNING) this.keep(record, time);
    else if ((event & ~xen.STATE_BITS) === xen.RUNSTATE_CHANGE) this.change(record, time);
    else if (event === xen.DOM_ADD || event === xen.DOM_REM) this.endDomain(words.at(0), time);
    else this.hint(record, time);
    return true;
  }

  /** What has become of all; nothing may follow. */
  finish(): Followed {
    const end = this.now ?? 0;
    // Who ran last runs on: a pCPU writes nothing as long as nothing changes.
    for (const history of this.vcpus.values()) history.pass(end);
    const histories = [...this.gone, ...this.vcpus.values()]
      .filter(({ domain }) => domain !== xen.IDLE_DOMAIN)
      .sort((a, b) => a.domain - b.domain || a.life - b.life || a.vcpu - b.vcpu);
    return { histories, duration: end - 0 };
  }

  /** Time 0 has come: what was before has made the states, and does not count. */
  private begin(): void {
    this.hasBegun = true;
    this.gone.length = 0;
    for (const history of this.vcpus.values()) history.restart(0);
  }

  private change(record: ReadRecord, now: Time): void {
    const { event, pcpu, byte } = record;
    const from = (event >> 8) & 15;
    const to = (event >> 4) & 15;
    if (from > OFFLINE || to > OFFLINE) {
      this.problems.believes(byte, `there is no runstate ${Math.max(from, to)}`);
      return;
    }
    const vcpu = this.vcpuOf(record, from, now);
    if (vcpu === undefined || !this.isIn(vcpu, from, record, now)) return;
    if (from === RUNNING) {
      if (this.stints.on(pcpu) !== vcpu && !this.concerns(vcpu, record, now)) return;
      this.stints.end(vcpu);
    }
    if (to === RUNNING && !this.concerns(vcpu, record, now)) return;
    vcpu.change(to, pcpu, now);
  }

  /** What the scheduler says beside runstates: why they will change, and since when they were as they are. */
  private hint({ event, pcpu, words }: ReadRecord, now: Time): void {
    const [domain, number, ns] = words;
    if (words.length < 2 || domain >= DOMAINS_MAX) return;
    const vcpu = this.vcpus.get(domain * 2 ** 16 + number);
    if (event === xen.SWITCH_INFNEXT && words.length >= 4) this.stints.settle(pcpu, vcpu, ns, now);
    if (vcpu === undefined) return;
    if (event === xen.SWITCH_INFPREV && words.length >= 3) this.stints.tell(pcpu, vcpu, ns, now);
    else if (event === xen.SCHED_WAKE) {
      const running = this.stints.on(pcpu);
      if (running !== undefined && running !== vcpu) vcpu.wakeBeside(running, now);
    } else if (event === xen.SCHED_SLEEP) vcpu.pause();
    else if (event === xen.SCHED_BLOCK) vcpu.isBlocking = true;
    else if (event === xen.SCHED_YIELD && this.stints.on(pcpu) === vcpu) vcpu.giveUp(now);
  }

  /** CONTINUE_RUNNING: it is running, as before. */
  private keep(record: ReadRecord, now: Time): void {
    const vcpu = this.vcpuOf(record, RUNNING, now);
    if (vcpu === undefined || !this.isIn(vcpu, RUNNING, record, now)) return;
    vcpu.runOn();
    if (this.stints.on(record.pcpu) !== vcpu) this.concerns(vcpu, record, now);
  }

  /** A domain is made or gone: if vCPUs of its id are known they are those of another domain, which is gone. */
  private endDomain(domain: number | undefined, now: Time): void {
    if (domain === undefined || domain >= xen.IDLE_DOMAIN) return;
    const its = [...this.vcpus].filter(([, history]) => history.domain === domain);
    for (const [word, history] of its) {
      this.stints.end(history);
      history.change(OFFLINE, history.pcpu, now);
      this.gone.push(history);
      this.vcpus.delete(word);
    }
    if (its.length > 0) this.lives.set(domain, this.lifeOf(domain) + 1);
  }

  private lifeOf(domain: number): number {
    return this.lives.get(domain) ?? 1;
  }

  /** `vcpu` is current from now on. @returns whether nobody else is */
  private concerns(vcpu: VcpuHistory, { pcpu, byte }: ReadRecord, now: Time): boolean {
    const current = this.stints.on(pcpu);
    if (current !== undefined && current !== vcpu) {
      const message = `${nameOf(vcpu)} runs here, but ${nameOf(current)} has not stopped`;
      const doubtedSince = this.doubts.since(current);
      if (doubtedSince === undefined && !this.problems.believes(byte, message)) return false;
      // It has gone while records were lost; why, its next record says.
      current.change(RUNNABLE, current.pcpu, doubtedSince ?? now);
    }
    this.stints.begin(pcpu, vcpu);
    return true;
  }

  /** The vCPU that a record names; one never seen before was in `state` since the pCPU's or the trace's beginning. */
  private vcpuOf(record: ReadRecord, state: number, now: Time): VcpuHistory | undefined {
    const { byte, pcpu, words } = record;
    const word = words.at(0);
    if (word === undefined) {
      this.problems.believes(byte, 'the record does not say which vCPU it is about');
      return undefined;
    }
    const known = this.vcpus.get(word);
    if (known !== undefined) return known;
    const domain = word >>> 16;
    if (domain >= DOMAINS_MAX) {
      this.problems.believes(byte, `there is no domain ${domain}`);
      return undefined;
    }
    if (this.vcpus.size + this.gone.length >= HISTORIES_MAX) {
      this.problems.add(byte, `there are more than ${VCPUS_MAX} vCPUs`);
      return undefined;
    }
    const first = state === RUNNING ? (this.firsts.get(pcpu) ?? now) : this.start;
    const since = this.hasBegun ? Math.max(0, first) : first;
    const vcpu = new VcpuHistory(domain, this.lifeOf(domain), word & 0xffff, state, pcpu, since);
    this.doubts.meet(vcpu);
    if (state === RUNNING) this.concerns(vcpu, record, now);
    this.vcpus.set(word, vcpu);
    return vcpu;
  }

  /** Whether `vcpu` is in `state`; if records were lost it may have come there meanwhile. */
  private isIn(vcpu: VcpuHistory, state: number, record: ReadRecord, now: Time): boolean {
    const { byte, pcpu, ticks } = record;
    const doubtedSince = this.doubts.since(vcpu);
    this.doubts.settle(vcpu, ticks, now);
    const isElsewhere = state === RUNNING && vcpu.pcpu !== pcpu;
    if (vcpu.state === state && !isElsewhere) return true;
    const [said, was] = [RUNSTATE_NAMES[state], RUNSTATE_NAMES[vcpu.state]];
    const where = vcpu.state === state ? 'here' : said;
    const place = vcpu.state === state ? `it runs on pCPU ${vcpu.pcpu}` : `it was ${was}`;
    const message = `${nameOf(vcpu)} is said to be ${where}, but ${place}`;
    if (doubtedSince === undefined && !this.problems.believes(byte, message)) return false;
    if (vcpu.state === RUNNING) this.stints.end(vcpu);
    vcpu.change(state, pcpu, doubtedSince ?? now);
    return true;
  }
}
