import { replicate } from './replication.ts';
import type { Outcome, Task } from './tasks.ts';

/**
 * Carries out a task. A replication that breaks is returned as a value, because errors lose what they say on
 * their way between threads.
 */
export default function runTask({ setup, seed, first, count }: Task): Outcome[] {
  return Array.from({ length: count }, (_, i) => {
    const replication = first + i;
    try {
      return { ok: true, replication, result: replicate(setup, seed, replication) };
    } catch (error) {
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return { ok: false, replication, message };
    }
  });
}
