/*
 * A reader of xentrace files that shares no code with the one under src, and accepts only what xenalyze accepts
 * without a warning. The rules are those that xenalyze's sched_runstate_process and its callees enforce.
 */

/** What a file says. */
export interface Checked {
  readonly pcpus: number;
  /** TSC of the last record. */
  readonly lastTsc: number;
  /** Records in the order in which xenalyze takes them. */
  readonly records: readonly CheckedRecord[];
  /** By `domain:vcpu`: changes of runstate in order. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
}

export interface CheckedRecord {
  readonly cpu: number;
  readonly tsc: number;
  readonly event: number;
  readonly words: readonly number[];
}

export interface Change {
  readonly tsc: number;
  readonly from: number;
  readonly to: number;
}

const RUNNING = 0;
const RUNNABLE = 1;
const BLOCKED = 2;
const IDLE = 32767;

/** Words that records of an event have. */
const LENGTHS: Readonly<Record<number, number>> = {
  135170: 1,
  163844: 2,
  163845: 2,
  163846: 2,
  163850: 4,
  163854: 3,
  163855: 4,
  163857: 4,
};

function must(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Error(`xentrace file: ${rule}`);
}

/** Checks a file. @throws Error that names the rule it breaks */
export function checkXentrace(bytes: Uint8Array): Checked {
  const streams = readWindows(Buffer.from(bytes));
  const machine = new Runstates(streams.length);
  const records: CheckedRecord[] = [];
  for (const record of merged(streams)) {
    records.push(record);
    machine.take(record);
  }
  for (const [cpu, stream] of streams.entries()) {
    must(stream.at(-1)?.event === 0x21002, `pCPU ${cpu} ends with CONTINUE_RUNNING`);
  }
  return {
    pcpus: streams.length,
    lastTsc: records.reduce((last, { tsc }) => Math.max(last, tsc), 0),
    records,
    changes: machine.changes,
  };
}

function readWindows(file: Buffer): CheckedRecord[][] {
  const streams: CheckedRecord[][] = [];
  let previous = -1;
  for (let at = 0; at < file.length; ) {
    must(file.readUInt32LE(at) === 0x2001f003, `CPU_CHANGE leads a window (byte ${at})`);
    const cpu = file.readUInt32LE(at + 4);
    must(cpu < 256, 'there are at most 256 pCPUs');
    if (cpu <= previous) previous = -1;
    must(cpu > previous, 'the pCPUs of an epoch ascend');
    previous = cpu;
    const end = at + 12 + file.readUInt32LE(at + 8);
    must(end <= file.length, 'a window ends within the file');
    streams[cpu] ??= [];
    at = readRecords(file, at + 12, end, cpu, streams[cpu]);
  }
  for (let cpu = 0; cpu < streams.length; cpu++)
    must(streams[cpu] !== undefined, 'no pCPU is missing');
  return streams;
}

function readRecords(
  file: Buffer,
  from: number,
  end: number,
  cpu: number,
  into: CheckedRecord[],
): number {
  let at = from;
  while (at < end) {
    const head = file.readUInt32LE(at);
    must(head >>> 31 === 1, 'every record has a TSC');
    const count = (head >>> 28) & 7;
    const event = head & 0xfffffff;
    const classes = event >>> 16;
    must(classes !== 0 && (classes & (classes - 1)) === 0, 'an event has one class');
    const tsc = Number(file.readBigUInt64LE(at + 4));
    must(tsc > 0, 'a TSC is not 0');
    must(tsc >= (into.at(-1)?.tsc ?? 0), 'the TSC of a pCPU does not go back');
    const isRunstate = (event & 0xff00f) === 0x21001;
    must(count === (isRunstate ? 1 : LENGTHS[event]), `0x${event.toString(16)} has its words`);
    const words = Array.from({ length: count }, (_, i) => file.readUInt32LE(at + 12 + 4 * i));
    into.push({ cpu, tsc, event, words });
    at += 12 + 4 * count;
  }
  must(at === end, 'the last record of a window ends with it');
  return at;
}

/** By TSC; at equal ones the pCPU that was processed last goes on, otherwise the first is taken. */
function* merged(streams: readonly CheckedRecord[][]): Generator<CheckedRecord> {
  const next = streams.map(() => 0);
  let last = 0;
  for (;;) {
    let best = -1;
    const order = [last, ...streams.keys()];
    for (const cpu of order) {
      const record = streams[cpu]?.[next[cpu]];
      if (record === undefined) continue;
      if (best < 0 || record.tsc < streams[best][next[best]].tsc) best = cpu;
    }
    if (best < 0) return;
    yield streams[best][next[best]++];
    last = best;
  }
}

/** Follows runstates as xenalyze does. */
class Runstates {
  readonly changes = new Map<string, Change[]>();
  private readonly state = new Map<string, number>();
  private readonly runsOn = new Map<string, number>();
  private readonly current: (string | undefined)[];
  /** Nothing of the pCPU has been seen yet: xenalyze's default domain is current. */
  private readonly untouched: boolean[];

  constructor(pcpus: number) {
    this.current = Array.from({ length: pcpus }, () => undefined);
    this.untouched = Array.from({ length: pcpus }, () => true);
  }

  take({ cpu, tsc, event, words }: CheckedRecord): void {
    const isContinue = event === 0x21002;
    const isRunstate = (event & 0xff00f) === 0x21001;
    if (!isContinue && !isRunstate) return;
    const [dom, vcpu] = [words[0] >>> 16, words[0] & 0xffff];
    must(dom <= IDLE && vcpu < 256, `d${dom}v${vcpu} is a vCPU`);
    must(dom !== IDLE || vcpu === cpu, "an idle vCPU has its pCPU's number");
    const key = `${dom}:${vcpu}`;
    const from = isContinue ? RUNNING : (event >> 8) & 15;
    const to = isContinue ? RUNNING : (event >> 4) & 15;
    const known = this.state.get(key);
    must(
      known === undefined || known === from,
      `${key} at ${tsc}: old state ${from} is not ${known}`,
    );
    if (from === RUNNING && known === undefined) {
      must(this.untouched[cpu], `${key} is first seen running as the first event of its pCPU`);
      this.runs(key, cpu);
    }
    must(!this.untouched[cpu] || from === RUNNING || to !== RUNNING, 'a pCPU begins with who runs');
    if (from === RUNNING || to === RUNNING) this.untouched[cpu] = false;
    if (from === RUNNING) {
      must(this.runsOn.get(key) === cpu && this.current[cpu] === key, `${key} runs on pCPU ${cpu}`);
    }
    if (isContinue) return;
    must(from < 4 && to < 4 && from !== to, `${from} to ${to} is a change`);
    must(to !== RUNNING || from === RUNNABLE, `${key}: only who is runnable starts to run`);
    must(!(from === RUNNABLE && to === BLOCKED), `${key}: who waits does not block`);
    if (from === RUNNING) {
      this.current[cpu] = undefined;
      this.runsOn.delete(key);
    }
    if (to === RUNNING) this.runs(key, cpu);
    this.state.set(key, to);
    const changes = this.changes.get(key) ?? [];
    this.changes.set(key, changes);
    changes.push({ tsc, from, to });
  }

  private runs(key: string, cpu: number): void {
    must(
      this.current[cpu] === undefined,
      `${key} starts on pCPU ${cpu} after who was there stopped`,
    );
    must(!this.runsOn.has(key), `${key} runs on one pCPU`);
    this.current[cpu] = key;
    this.runsOn.set(key, cpu);
    this.state.set(key, RUNNING);
  }
}
