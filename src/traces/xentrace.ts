import type { Time } from '../engine/time.ts';
import { counted } from '../input/counted.ts';
import type { Timeline } from './timeline.ts';
import * as xen from './xentrace-format.ts';
import { type XenRecord, XenRecords } from './xentrace-records.ts';

/** A timeline as a xentrace file. */
export interface Xentrace {
  /** Ticks of the TSC in a second: what `xenalyze --cpu-hz` has to be told. */
  readonly hz: number;
  /** The file in pieces. */
  readonly pieces: readonly Uint8Array[];
}

/** Ticks in a nanosecond, as few as are needed to tell the order of records of the same nanosecond. */
const TICKS_PER_NS = [16, 256, 4096, 65536] as const;

/**
 * Writes a timeline as xentrace does, for xenalyze: a window for each pCPU. A TSC is 1 + the time in ticks (0 is
 * refused), plus a tick for each record of the same nanosecond and another pCPU that has to come before.
 * @throws RangeError if it has more pCPUs or vCPUs than such a file can tell apart (see `xentraceLimits`)
 */
export function writeXentrace(timeline: Timeline): Xentrace {
  const limits = xentraceLimits(timeline.pcpus, timeline.vcpus);
  if (limits.length > 0) throw new RangeError(limits.join('; '));
  const sizes = Array.from({ length: timeline.pcpus }, () => 0);
  let ticks = 0;
  const order = new TieBreak(timeline);
  for (const record of new XenRecords(timeline).all()) {
    sizes[record.pcpu] += 12 + 4 * record.words.length;
    ticks = Math.max(ticks, order.place(record));
  }
  const ticksPerNs = TICKS_PER_NS.find((perNs) => perNs > ticks);
  if (ticksPerNs === undefined) throw new RangeError(`${ticks} records follow on another at once`);
  const windows = sizes.map((size) => new DataView(new ArrayBuffer(size)));
  const ends = sizes.map(() => 0);
  const again = new TieBreak(timeline);
  for (const record of new XenRecords(timeline).all()) {
    const tsc = 1 + record.time * ticksPerNs + again.place(record);
    ends[record.pcpu] = encode(windows[record.pcpu], ends[record.pcpu], record, tsc);
  }
  const pieces = windows.flatMap(({ buffer }, pcpu) => [
    windowHead(pcpu, buffer.byteLength),
    new Uint8Array(buffer),
  ]);
  return { hz: ticksPerNs * 1e9, pieces };
}

/** Why a machine's timeline cannot be a xentrace file; none if it can. */
export function xentraceLimits(pcpus: number, vcpus: readonly { number: number }[]): string[] {
  const limits: string[] = [];
  const most = vcpus.reduce((max, { number }) => Math.max(max, number + 1), 0);
  if (pcpus > xen.TRACED_PCPUS_MAX) {
    limits.push(
      `a xentrace file has at most ${counted(xen.TRACED_PCPUS_MAX, 'pCPU')}, not ${pcpus}`,
    );
  }
  if (most > xen.VCPUS_PER_DOMAIN_MAX) {
    limits.push(
      `a xentrace file has at most ${xen.VCPUS_PER_DOMAIN_MAX} vCPUs per domain, not ${most}`,
    );
  }
  return limits;
}

/**
 * Finds places within a nanosecond. Readers take the records of all pCPUs by TSC and, at equal ones, go on with
 * the pCPU they are at: so a change of a vCPU's runstate has to be later than its last one if that happened on
 * another pCPU. No other order across pCPUs matters to them.
 */
class TieBreak {
  private readonly pcpus: { time: Time; tick: number }[];
  private readonly vcpus: { time: Time; tick: number; pcpu: number }[];

  constructor({ pcpus, vcpus }: Timeline) {
    this.pcpus = Array.from({ length: pcpus }, () => ({ time: -1, tick: 0 }));
    this.vcpus = vcpus.map(() => ({ time: -1, tick: 0, pcpu: -1 }));
  }

  /** The ticks after the full nanosecond at which the next record stands. */
  place({ time, pcpu, changes }: XenRecord): number {
    const here = this.pcpus[pcpu];
    let tick = here.time === time ? here.tick : 0;
    if (changes !== undefined && changes >= 0) {
      const before = this.vcpus[changes];
      if (before.time === time && before.pcpu !== pcpu) tick = Math.max(tick, before.tick + 1);
      this.vcpus[changes] = { time, tick, pcpu };
    }
    here.time = time;
    here.tick = tick;
    return tick;
  }
}

function windowHead(pcpu: number, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(12));
  view.setUint32(0, 2 * 2 ** xen.WORDS_SHIFT + xen.CPU_CHANGE, true);
  view.setUint32(4, pcpu, true);
  view.setUint32(8, size, true);
  return new Uint8Array(view.buffer);
}

/** Writes a record at `at`. @returns where it ends */
function encode(view: DataView, at: number, { event, words }: XenRecord, tsc: number): number {
  view.setUint32(at, xen.HAS_TSC + words.length * 2 ** xen.WORDS_SHIFT + event, true);
  view.setUint32(at + 4, tsc, true);
  view.setUint32(at + 8, Math.floor(tsc / 2 ** 32), true);
  words.forEach((word, i) => {
    view.setUint32(at + 12 + 4 * i, word, true);
  });
  return at + 12 + 4 * words.length;
}
