import type { Time } from '../../engine/time.ts';
import { insertAt, removeAt } from '../queue-array.ts';
import { type RtdsUnit, runsBefore } from './unit.ts';

/** Units that follow one another in the order. */
export interface Block {
  readonly units: RtdsUnit[];
  /** None of them has a worse level, or, on that, a later deadline. */
  level: number;
  deadline: Time;
}

/** Units of a block at most; a full one becomes two. */
const BLOCK_MAX = 128;

/**
 * Units in an order that is no order of keys: each was put before the first one that it ran before *at that moment*, and levels change
 * afterwards. A block in which there can be nobody whom a unit runs before is passed over as a whole: so a search takes steps in the order
 * of the root of the number of units, and mostly a single one, as a new deadline is mostly later than all others.
 */
export class InsertionOrder {
  private readonly blocks: Block[] = [];

  /** The first one. */
  get first(): RtdsUnit | undefined {
    return this.blocks.length === 0 ? undefined : this.blocks[0].units[0];
  }

  /** Puts a unit before the first one that it runs before now; behind all if there is none. */
  insert(unit: RtdsUnit): void {
    const { blocks } = this;
    for (const block of blocks) {
      if (!mayHaveBehind(block, unit)) continue;
      const { units } = block;
      for (let at = 0; at < units.length; at++) {
        if (runsBefore(unit, units[at])) return this.insertAt(block, at, unit);
      }
      // Whoever made it seem so is gone.
      bound(block);
    }
    if (blocks.length === 0) blocks.push({ units: [], level: 0, deadline: 0 });
    const last = blocks[blocks.length - 1];
    this.insertAt(last, last.units.length, unit);
  }

  /** Takes a unit out that is in. */
  remove(unit: RtdsUnit): void {
    const { block } = unit;
    if (block === undefined) return;
    unit.block = undefined;
    removeAt(block.units, block.units.indexOf(unit));
    if (block.units.length === 0) removeAt(this.blocks, this.blocks.indexOf(block));
  }

  /** What a unit runs by has changed: it stays where it is. */
  changed(unit: RtdsUnit): void {
    if (unit.block !== undefined) include(unit.block, unit);
  }

  /** How many are before the first of which `is` does not hold. */
  countWhile(is: (unit: RtdsUnit) => boolean): number {
    let count = 0;
    for (const { units } of this.blocks) {
      for (const unit of units) {
        if (!is(unit)) return count;
        count++;
      }
    }
    return count;
  }

  private insertAt(block: Block, at: number, unit: RtdsUnit): void {
    insertAt(block.units, at, unit);
    unit.block = block;
    include(block, unit);
    if (block.units.length > BLOCK_MAX) this.split(block);
  }

  private split(block: Block): void {
    const other: Block = { units: block.units.splice(BLOCK_MAX / 2), level: 0, deadline: 0 };
    for (const unit of other.units) unit.block = other;
    bound(block);
    bound(other);
    insertAt(this.blocks, this.blocks.indexOf(block) + 1, other);
  }
}

/** Whether there may be somebody in a block before whom `unit` runs (as runsBefore). */
function mayHaveBehind({ level, deadline }: Block, unit: RtdsUnit): boolean {
  return unit.level < level || (unit.level === level && unit.deadline < deadline);
}

/** Widens the bound of a block for a unit. */
function include(block: Block, { level, deadline }: RtdsUnit): void {
  if (level > block.level) {
    block.level = level;
    block.deadline = deadline;
  } else if (level === block.level && deadline > block.deadline) block.deadline = deadline;
}

/** Finds the bound of a block anew. */
function bound(block: Block): void {
  block.level = 0;
  block.deadline = 0;
  for (const unit of block.units) include(block, unit);
}
