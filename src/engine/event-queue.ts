import { invariant } from './invariant.ts';
import { NEVER, type Time } from './time.ts';

/**
 * Future events, at most one per slot, taken in the order (time, slot).
 *
 * Every source of events is a slot: a fixed number with at most one due time. The queue is a winner
 * tree with four children to a node: leaves are the slots, every inner node has the time and slot of the earliest of
 * its children, the root those of the next event. Children to the left hold the lower slots, so "left wins ties"
 * is the whole tie-break.
 *
 * Arming, re-arming and disarming cost one walk from leaf to root; nothing is allocated, and no walk
 * is spent on an event that re-arms its own slot (the usual case): `take` leaves the tree stale along
 * the path of the taken slot, and the next call repairs it.
 */
export class EventQueue {
  /**
   * By node, when its earliest event is due, NEVER if none is, and of which slot that is. The root is node 0, the
   * children of node n are 4n + 1 to 4n + 4; slot s is leaf `leafBase + s`, and leaves without a slot are never armed.
   */
  private readonly due: Float64Array;
  private readonly winner: Int32Array;
  private readonly leafBase: number;
  readonly slotCount: number;
  /** The slot taken last whose path has not been repaired yet, or -1. */
  private stale = -1;

  constructor(slotCount: number) {
    invariant(slotCount >= 1, 'an event queue has at least one slot');
    this.slotCount = slotCount;
    let leaves = 1;
    let inner = 0;
    while (leaves < slotCount) {
      inner += leaves;
      leaves *= 4;
    }
    this.leafBase = inner;
    // No node has children after the last slot's siblings.
    const nodes = inner + Math.ceil(slotCount / 4) * 4;
    this.due = new Float64Array(nodes).fill(NEVER);
    this.winner = new Int32Array(nodes);
    for (let node = inner; node < nodes; node++) this.winner[node] = node - inner;
  }

  /** When `slot` is due, NEVER if it is not armed. */
  dueAt(slot: number): Time {
    return this.due[this.leafBase + slot];
  }

  /** Makes `slot` due at `time`, instead of whenever it was due before. */
  arm(slot: number, time: Time): void {
    if (this.stale === slot) {
      this.stale = -1;
      this.walk(slot, time);
      return;
    }
    if (this.stale >= 0) this.repair();
    this.walkWhileItMatters(slot, time);
  }

  /** Takes back what `slot` was armed for; no effect if it is not armed. */
  disarm(slot: number): void {
    if (this.dueAt(slot) !== NEVER) this.arm(slot, NEVER);
  }

  /** The earliest due slot, lowest slot first among equals; -1 if nothing is due. */
  peek(): number {
    return this.nextTime() === NEVER ? -1 : this.winner[0];
  }

  /** When the earliest slot is due, NEVER if none is. */
  nextTime(): Time {
    if (this.stale >= 0) this.repair();
    return this.due[0];
  }

  /** Disarms `slot`, which `peek` has just named. */
  take(slot: number): void {
    this.due[this.leafBase + slot] = NEVER;
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
    let node = this.leafBase + slot;
    due[node] = time;
    while (node > 0) {
      node = (node - 1) >> 2;
      const child = this.earliestChild(node);
      winner[node] = winner[child];
      due[node] = due[child];
    }
  }

  /**
   * As `walk`, up to the first node for which nothing changes. A slot that was just taken had won everywhere, so that
   * looking for such a node would only cost time.
   */
  private walkWhileItMatters(slot: number, time: Time): void {
    const { winner, due } = this;
    let node = this.leafBase + slot;
    due[node] = time;
    while (node > 0) {
      node = (node - 1) >> 2;
      const child = this.earliestChild(node);
      if (winner[node] === winner[child] && due[node] === due[child]) return;
      winner[node] = winner[child];
      due[node] = due[child];
    }
  }

  /**
   * The first of the earliest children of `node`. Comparisons are calculated with, as branches would be mispredicted half
   * of the time: that takes a third less.
   */
  private earliestChild(node: number): number {
    const { due } = this;
    const first = 4 * node + 1;
    const left = first + +(due[first + 1] < due[first]);
    const right = first + 2 + +(due[first + 3] < due[first + 2]);
    return left ^ ((left ^ right) & -(due[right] < due[left]));
  }
}
