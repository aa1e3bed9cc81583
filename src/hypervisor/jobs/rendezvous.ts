import type { LockUser } from '../machine/rw-lock.ts';

/** All pCPUs meet: who comes early spins until the last is there (stop_machine_run). */
export class Rendezvous {
  private missing: number;
  private waiting: LockUser[] = [];
  /** The work that they met for is done. */
  isDone = false;

  constructor(pcpus: number) {
    this.missing = pcpus;
  }

  /** `user` is there. @returns whether it is the last; else it has to spin */
  arrives(user: LockUser): boolean {
    this.missing--;
    if (this.missing > 0) {
      this.waiting.push(user);
      return false;
    }
    this.letGo();
    return true;
  }

  /** `user` waits for the work to be done. */
  awaits(user: LockUser): void {
    this.waiting.push(user);
  }

  /** The work is done. */
  finish(): void {
    this.isDone = true;
    this.letGo();
  }

  private letGo(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const user of waiting) user.granted();
  }
}
