/** What a mapping leads to: 'ram' is flushed; 'mmio' and 'hole' (nothing mapped) never are. */
export type P2mType = 'ram' | 'mmio' | 'hole';

/**
 * `count` consecutive mappings of 2^order pages each, the first at `gfn`. For a hole: missing table
 * entries of that size.
 */
export interface P2mExtent {
  readonly gfn: number;
  readonly order: number;
  readonly type: P2mType;
  /**
   * Leaf valid bit: the guest may have touched it since the last flush. Means nothing for a hole.
   */
  readonly valid: boolean;
  readonly count: number;
}

/** The longest stretch [first, end) of gfns with mappings of the same order, type and valid bit. */
export interface P2mRun {
  readonly first: number;
  readonly end: number;
  readonly order: number;
  readonly type: P2mType;
  readonly valid: boolean;
}

/** The lowest and the highest gfn that a domain ever had mapped (both inclusive). */
export interface P2mBounds {
  readonly lowestMappedGfn: number;
  readonly maxMappedGfn: number;
}

/** The smallest page [bytes]. */
export const PAGE = 4096;

/** Sizes a mapping can have: 4 KiB, 2 MiB, 1 GiB, 512 GiB (levels 3 to 0 of a stage-2 table). */
const ORDERS = [0, 9, 18, 27];

/** 48-bit guest-physical addresses of 4 KiB pages. */
const GFN_LIMIT = 2 ** 36;

/** Where Xen 4.12 puts the first bank of a guest's RAM: 1 GiB (public/arch-arm.h). */
export const GUEST_RAM_BASE_GFN = 0x40000;

/**
 * A guest's physical map (p2m) as runs of equal mappings: sorted, without gaps, beginning at gfn 0.
 * Memory and the time of every operation grow with the number of runs, never with the guest's
 * memory: 4 TiB of 2 MiB blocks are one run. Made by `buildP2m`.
 */
export class P2m {
  /** Neighbours always differ, so there is no shorter list. Another list after each `setValid`. */
  runs: readonly P2mRun[];
  /** As in Xen: only ever grows downward, so it may lie below what is mapped now. */
  readonly lowestMappedGfn: number;
  /** As on Xen's master: the highest mapped gfn itself, -1 if nothing was ever mapped. */
  readonly maxMappedGfn: number;

  constructor(runs: readonly P2mRun[], bounds: P2mBounds) {
    this.runs = runs;
    this.lowestMappedGfn = bounds.lowestMappedGfn;
    this.maxMappedGfn = bounds.maxMappedGfn;
  }

  /** The index of the run that holds `gfn`, -1 if the map does not reach so far. O(log runs). */
  indexOf(gfn: number): number {
    let low = 0;
    let high = this.runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.runs[middle].end <= gfn) low = middle + 1;
      else high = middle;
    }
    return low < this.runs.length && gfn >= this.runs[low].first ? low : -1;
  }

  /** A flush cleans the page `gfn`: it is RAM and counts as accessed. */
  isFlushed(gfn: number): boolean {
    const run = this.runs[this.indexOf(gfn)];
    return run !== undefined && run.type === 'ram' && run.valid;
  }

  /**
   * Sets the leaf valid bit of every mapping that has a page in [firstGfn, endGfn): whole mappings,
   * for one touch re-validates the whole block. Holes stay as they are. O(runs).
   */
  setValid(firstGfn: number, endGfn: number, valid: boolean): void {
    const reach = this.runs[this.runs.length - 1].end;
    const start = Math.max(0, firstGfn);
    const stop = Math.min(reach, endGfn);
    if (start >= stop) return;
    // One more run at either side: a changed run may become equal to its neighbour.
    const from = Math.max(0, this.indexOf(start) - 1);
    const to = Math.min(this.runs.length, this.indexOf(stop - 1) + 2);
    const changed: P2mRun[] = [];
    for (let index = from; index < to; index++) {
      const run = this.runs[index];
      const size = 2 ** run.order;
      const first = clamp(Math.floor(start / size) * size, run.first, run.end);
      const end = clamp(Math.ceil(stop / size) * size, first, run.end);
      appendRun(changed, { ...run, end: first });
      appendRun(changed, { ...run, first, end, valid: run.type !== 'hole' && valid });
      appendRun(changed, { ...run, first: end });
    }
    this.runs = this.runs.slice(0, from).concat(changed, this.runs.slice(to));
  }
}

/** The p2m, or what is wrong with its description, for people. */
export type P2mResult =
  | { readonly ok: true; readonly p2m: P2m }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Builds a p2m from extents: sorted, without gaps (what is not mapped is a 'hole'), beginning at
 * gfn 0. All mistakes are reported at once. `bounds` may be wider than what the extents map, as in
 * a domain that has lost mappings; by default they are exactly that.
 */
export function buildP2m(extents: readonly P2mExtent[], bounds?: P2mBounds): P2mResult {
  const problems: string[] = [];
  const runs: P2mRun[] = [];
  let next = 0;
  for (const [index, extent] of extents.entries()) {
    const wrong = problemsOf(extent, next);
    problems.push(...wrong.map((text) => `extent ${index} at gfn ${hex(extent.gfn)}: ${text}`));
    const { gfn: first, order, type } = extent;
    const end = first + extent.count * 2 ** order;
    if (Number.isSafeInteger(end)) next = Math.max(next, end);
    if (wrong.length === 0) {
      appendRun(runs, { first, end, order, type, valid: type !== 'hole' && extent.valid });
    }
  }
  if (extents.length === 0) problems.push('there is no extent');
  if (problems.length > 0) return { ok: false, problems };
  const mapped = mappedBounds(runs);
  const used = bounds ?? mapped;
  const { lowestMappedGfn: lowest, maxMappedGfn: max } = used;
  if (!(Number.isSafeInteger(lowest) && lowest >= 0 && lowest <= mapped.lowestMappedGfn)) {
    const limit = hex(mapped.lowestMappedGfn);
    problems.push(`lowest mapped gfn ${hex(lowest)} must lie in 0 to ${limit}, the first mapping`);
  }
  if (!(Number.isSafeInteger(max) && max >= mapped.maxMappedGfn && max < next)) {
    const [last, reach] = [hex(mapped.maxMappedGfn), hex(next - 1)];
    problems.push(
      `highest mapped gfn ${hex(max)} must lie in ${last}, the last mapping, to ${reach}`,
    );
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, p2m: new P2m(runs, used) };
}

/**
 * The extents of a guest with `bytes` [B] of RAM from `baseGfn` on, a hole before it and all of it
 * valid, as after creation. Blocks of 2^`order` pages, smaller ones where alignment or the rest
 * asks for them, as the toolstack populates them (largest first). Part of a page counts as a page.
 */
export function ramExtents(baseGfn: number, bytes: number, order: number): P2mExtent[] {
  const endGfn = baseGfn + Math.ceil(bytes / 4096);
  return [...holeExtents(0, baseGfn), ...tile(baseGfn, endGfn, order, 'ram')];
}

/**
 * The missing table entries between two mapped neighbours: what a walk of the tables finds for each
 * gfn in [startGfn, endGfn) when both ends are mapped (or gfn 0). Largest aligned entries that fit.
 */
export function holeExtents(startGfn: number, endGfn: number): P2mExtent[] {
  return tile(startGfn, endGfn, Math.max(...ORDERS), 'hole');
}

/**
 * [start, end) in naturally aligned mappings, the largest that fit, up to 2^maxOrder pages each.
 */
function tile(start: number, end: number, maxOrder: number, type: P2mType): P2mExtent[] {
  const extents: P2mExtent[] = [];
  let gfn = start;
  while (gfn < end) {
    let stop = end;
    let order = 0;
    for (const candidate of ORDERS) {
      if (candidate > maxOrder) break;
      const size = 2 ** candidate;
      const aligned = Math.ceil(gfn / size) * size;
      if (aligned + size > end) break;
      // A larger mapping fits further on: the smaller ones end where it begins.
      if (aligned > gfn) {
        stop = aligned;
        break;
      }
      order = candidate;
    }
    const count = Math.max(1, Math.floor((stop - gfn) / 2 ** order));
    extents.push({ gfn, order, type, valid: type !== 'hole', count });
    gfn += count * 2 ** order;
  }
  return extents;
}

/** What is wrong with one extent, if the one before it ended at `next`. */
function problemsOf(extent: P2mExtent, next: number): string[] {
  const { gfn, order, type, count } = extent;
  const problems: string[] = [];
  if (!ORDERS.includes(order)) problems.push(`order ${order} is none of ${ORDERS.join(', ')}`);
  if (type !== 'ram' && type !== 'mmio' && type !== 'hole') {
    problems.push(`type '${String(type)}' is none of ram, mmio, hole`);
  }
  if (!(Number.isSafeInteger(count) && count >= 1)) {
    problems.push(`count ${count} must be a whole number from 1 on`);
  }
  if (!(Number.isSafeInteger(gfn) && gfn >= 0)) {
    return [...problems, `gfn ${gfn} must be a whole number from 0 on`];
  }
  if (problems.length > 0) return problems;
  const size = 2 ** order;
  const below = Math.floor(gfn / size) * size;
  if (below !== gfn) {
    problems.push(
      `a mapping of ${size} pages must be aligned to them: ${hex(below)} or ${hex(below + size)}`,
    );
  }
  if (gfn + count * size > GFN_LIMIT) {
    problems.push(`ends beyond gfn ${hex(GFN_LIMIT - 1)}, the end of the guest's address space`);
  }
  if (gfn < next)
    problems.push(`overlaps what comes before it, which ends at gfn ${hex(next - 1)}`);
  if (gfn > next) {
    problems.push(`gfns ${hex(next)} to ${hex(gfn - 1)} before it are missing; make them a hole`);
  }
  return problems;
}

function mappedBounds(runs: readonly P2mRun[]): P2mBounds {
  const lowest = runs.find((run) => run.type !== 'hole');
  const highest = runs.findLast((run) => run.type !== 'hole');
  return { lowestMappedGfn: lowest?.first ?? 0, maxMappedGfn: (highest?.end ?? 0) - 1 };
}

/** Appends `run`, unless it is empty; joins it with the last one if their mappings are alike. */
function appendRun(runs: P2mRun[], run: P2mRun): void {
  if (run.first >= run.end) return;
  const last = runs[runs.length - 1];
  const alike =
    last !== undefined &&
    last.order === run.order &&
    last.type === run.type &&
    last.valid === run.valid;
  if (alike) runs[runs.length - 1] = { ...last, end: run.end };
  else runs.push(run);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function hex(gfn: number): string {
  return Number.isSafeInteger(gfn)
    ? `${gfn < 0 ? '-' : ''}0x${Math.abs(gfn).toString(16)}`
    : `${gfn}`;
}
