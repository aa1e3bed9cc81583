import { invariant } from '../../engine/invariant.ts';
import type { Time } from '../../engine/time.ts';

/** A pCPU that holds a lock or spins for it. */
export interface LockUser {
  /** It spun for the lock and has it now. */
  granted(): void;
  /** It holds the lock for reading, and another pCPU has begun to spin for it. */
  contended(): void;
}

interface Waiter {
  readonly user: LockUser;
  readonly writes: boolean;
}

/**
 * A queued reader-writer lock (common/rwlock.c): whoever cannot have it waits in line, so a writer that waits keeps
 * later readers out. Waiting is spinning; the lock does not know about time.
 */
export class RwLock {
  private readonly readers = new Map<LockUser, Time>();
  private writer: LockUser | undefined;
  private readonly queue: Waiter[] = [];

  /** Whoever wants it has it at once. */
  get isFree(): boolean {
    return this.writer === undefined && this.readers.size === 0 && this.queue.length === 0;
  }

  /** Whoever wants to read has it at once. */
  get isFreeToRead(): boolean {
    return this.writer === undefined && this.queue.length === 0;
  }

  /** Somebody spins for it. */
  get isContended(): boolean {
    return this.queue.length > 0;
  }

  /** Since when `user` holds it for reading [ns]; undefined: it does not. */
  readSince(user: LockUser): Time | undefined {
    return this.readers.get(user);
  }

  /** Takes the lock for reading at `now`, or joins the line. @returns whether it was free */
  read(user: LockUser, now: Time): boolean {
    if (!this.isFreeToRead) return this.wait(user, false);
    this.readers.set(user, now);
    return true;
  }

  /** Takes the lock for writing, or joins the line. @returns whether it was free */
  write(user: LockUser): boolean {
    if (this.writer !== undefined || this.readers.size > 0) return this.wait(user, true);
    this.writer = user;
    return true;
  }

  /** Gives back a lock taken for reading. @returns when it was taken [ns] */
  endRead(user: LockUser, now: Time): Time {
    const since = this.readers.get(user);
    invariant(since !== undefined, 'who ends to read holds the lock for reading');
    this.readers.delete(user);
    this.grant(now);
    return since;
  }

  /** Gives back a lock taken for writing. */
  endWrite(user: LockUser, now: Time): void {
    invariant(this.writer === user, 'who ends to write holds the lock for writing');
    this.writer = undefined;
    this.grant(now);
  }

  private wait(user: LockUser, writes: boolean): boolean {
    this.queue.push({ user, writes });
    for (const reader of this.readers.keys()) reader.contended();
    return false;
  }

  /** Lets in the first of the line, and readers right behind a reader. */
  private grant(now: Time): void {
    while (this.queue.length > 0 && this.writer === undefined) {
      const { user, writes } = this.queue[0];
      if (writes && this.readers.size > 0) return;
      this.queue.shift();
      if (writes) this.writer = user;
      else this.readers.set(user, now);
      user.granted();
    }
  }
}
