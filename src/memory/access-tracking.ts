import type { StageTwo, TranslationFault } from '../hypervisor/ports.ts';
import type { P2m } from './p2m.ts';
import { RangeSet } from './range-set.ts';

/** Gfns covered by an entry of each level of a stage-2 table, as a power of two: 512 GiB, 1 GiB, 2 MiB, 4 KiB. */
const ORDER_OF_LEVEL = [27, 18, 9, 0] as const;

/** A root of level 1 is one page for each 512 GiB. */
const GFNS_PER_ROOT_PAGE = 2 ** 27;

/** No entry on the way to a page is invalid. */
const NOTHING = -1;
/** The mapping of a page is invalid, the tables on the way to it are not. */
const LEAF = -2;

/**
 * Which memory the guest has accessed since the last flush, by the valid bits of its stage-2 table
 * (p2m_invalidate_root, p2m_resolve_translation_fault).
 *
 * After a flush the entries of the root lose their valid bit. The guest's next access below one of them
 * faults; the fault makes that entry valid again and, if it leads to a table, invalidates the table's entries,
 * so that the access faults again one level down, until it reaches a mapping. The flush looks at the bits of
 * mappings only: those below a table entry that has not been touched since keep theirs.
 */
export class AccessTracking implements StageTwo {
  private readonly p2m: P2m;
  private readonly rootLevel: 0 | 1;
  /** Gfns from here on are below root pages that an invalidation of the root leaves alone. */
  private readonly invalidatedEnd: number;
  /** Valid entries that lead to tables, by level: gfn divided by what the entry covers. */
  private readonly validTables = [new RangeSet(), new RangeSet(), new RangeSet()];

  /**
   * @param p2m - leaf bits are its mappings' `valid`
   * @param rootLevel - 1 for a stage 2 of 40 or 42 bits, 0 for one of 44 or 48
   * @param firstPageOnly - of several root pages only the first, 512 GiB, is ever invalidated: Xen before 4.21
   */
  constructor(p2m: P2m, rootLevel: 0 | 1, firstPageOnly = false) {
    this.p2m = p2m;
    this.rootLevel = rootLevel;
    this.invalidatedEnd = firstPageOnly && rootLevel === 1 ? GFNS_PER_ROOT_PAGE : Infinity;
    // Made valid when they were made; the creation of the domain ends with an invalidation of the root.
    for (const { first, end, order, type } of p2m.runs) {
      if (type === 'hole') continue;
      for (let level: number = rootLevel; ORDER_OF_LEVEL[level] > order; level++) {
        const size = 2 ** ORDER_OF_LEVEL[level];
        this.validTables[level].add(Math.floor(first / size), Math.ceil(end / size));
      }
    }
  }

  invalidateRoot(): void {
    const { rootLevel, invalidatedEnd } = this;
    const size = 2 ** ORDER_OF_LEVEL[rootLevel];
    this.validTables[rootLevel].delete(0, Math.ceil(invalidatedEnd / size));
    this.invalidateLeaves(0, invalidatedEnd, ORDER_OF_LEVEL[rootLevel]);
  }

  faults(gfn: number): boolean {
    return this.firstInvalid(gfn) !== NOTHING;
  }

  resolve(gfn: number): TranslationFault | undefined {
    const level = this.firstInvalid(gfn);
    if (level === NOTHING) return undefined;
    if (level !== LEAF) {
      const entry = Math.floor(gfn / 2 ** ORDER_OF_LEVEL[level]);
      const validChildren = this.invalidateTable(level, entry);
      this.validTables[level].add(entry, entry + 1);
      return { kind: 'table', validChildren };
    }
    const { order } = this.p2m.runs[this.p2m.indexOf(gfn)];
    const first = gfn - (gfn % 2 ** order);
    this.p2m.setValid(first, first + 2 ** order, true);
    return { kind: 'leaf', order };
  }

  /** The level of the first table entry on the way to `gfn` that is not valid, LEAF for its mapping. */
  private firstInvalid(gfn: number): number {
    const index = this.p2m.indexOf(gfn);
    if (index < 0 || this.p2m.runs[index].type === 'hole') return NOTHING;
    const { order, valid } = this.p2m.runs[index];
    for (let level: number = this.rootLevel; ORDER_OF_LEVEL[level] > order; level++) {
      if (!this.validTables[level].has(Math.floor(gfn / 2 ** ORDER_OF_LEVEL[level]))) return level;
    }
    return valid ? NOTHING : LEAF;
  }

  /** p2m_invalidate_table. @returns how many of the table's entries were valid */
  private invalidateTable(level: number, entry: number): number {
    const below = level + 1;
    const span = 2 ** ORDER_OF_LEVEL[level];
    const children = span / 2 ** ORDER_OF_LEVEL[below];
    const first = entry * span;
    const tables = this.validTables[below]?.delete(entry * children, (entry + 1) * children) ?? 0;
    return tables + this.invalidateLeaves(first, first + span, ORDER_OF_LEVEL[below]);
  }

  /** Invalidates the mappings of `order` in [first, end). @returns how many were valid */
  private invalidateLeaves(first: number, end: number, order: number): number {
    let count = 0;
    for (const run of this.p2m.runs) {
      if (run.order !== order || run.type === 'hole' || !run.valid) continue;
      const from = Math.max(first, run.first);
      const to = Math.min(end, run.end);
      if (from >= to) continue;
      count += (to - from) / 2 ** order;
      this.p2m.setValid(from, to, false);
    }
    return count;
  }
}
