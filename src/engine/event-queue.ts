import { invariant } from './invariant.ts';
import { NEVER, type Time } from './time.ts';

/**
 * Future events, at most one per slot, taken in the order (time, slot).
 *
 * Every source of events is a slot: a fixed number with at most one due time. The queue is a winner
 * tree: leaves are the slots, every inner node names the earlier of its two children, the root names
 * the next event. Left subtrees hold the lower slots, so "left wins ties" is the whole tie-break.
 *
 * Arming, re-arming and disarming cost one walk from leaf to root; nothing is allocated, and no walk
 * is spent on an event that re-arms its own slot (the usual case): `take` leaves the tree stale along
 * the path of the taken slot, and the next call repairs it.
 */
export class EventQueue {
  /** Due time per slot, NEVER if not armed. */
  private readonly due: Float64Array;
  /** winner[1] is the root, winner[leafBase + s] is slot s; padding leaves are never armed. */
  private readonly winner: Int32Array;
  private readonly leafBase: number;
  readonly slotCount: number;
  /** The slot taken last whose path has not been repaired yet, or -1. */
  private stale = -1;

  constructor(slotCount: number) {
    invariant(slotCount >= 1, 'an event queue has at least one slot');
    this.slotCount = slotCount;
    let leaves = 1;
    while (leaves < slotCount) leaves *= 2;
    this.leafBase = leaves;
    this.due = new Float64Array(leaves).fill(NEVER);
    this.winner = new Int32Array(2 * leaves);
    for (let slot = 0; slot < leaves; slot++) this.winner[leaves + slot] = slot;
    for (let node = leaves - 1; node >= 1; node--) {
      this.winner[node] = this.winner[2 * node];
    }
  }

  /** When `slot` is due, NEVER if it is not armed. */
  dueAt(slot: number): Time {
    return this.due[slot];
  }

  /** Makes `slot` due at `time`, instead of whenever it was due before. */
  arm(slot: number, time: Time): void {
    if (this.stale !== slot && this.stale >= 0) this.repair();
    this.stale = -1;
    this.due[slot] = time;
    this.walk(slot, time);
  }

  /** Takes back what `slot` was armed for; no effect if it is not armed. */
  disarm(slot: number): void {
    if (this.due[slot] !== NEVER) this.arm(slot, NEVER);
  }

  /** The earliest due slot, lowest slot first among equals; -1 if nothing is due. */
  peek(): number {
    if (this.stale >= 0) this.repair();
    const slot = this.winner[1];
    return this.due[slot] === NEVER ? -1 : slot;
  }

  /** Disarms `slot`, which `peek` has just named. */
  take(slot: number): void {
    this.due[slot] = NEVER;
    this.stale = slot;
  }

  private repair(): void {
    const slot = this.stale;
    this.stale = -1;
    this.walk(slot, NEVER);
  }

  /** Replays the matches on the path from `slot`, whose due time is now `time`, to the root. */
  private walk(slot: number, time: Time): void {
    const { winner, due } = this;
    let best = slot;
    let bestTime = time;
    for (let node = this.leafBase + slot; node > 1; node >>= 1) {
      const rival = winner[node ^ 1];
      const rivalTime = due[rival];
      // A rival to the left (this node is odd) has lower slots and wins ties.
      if (rivalTime < bestTime || (rivalTime === bestTime && (node & 1) === 1)) {
        best = rival;
        bestTime = rivalTime;
      }
      winner[node >> 1] = best;
    }
  }
}
