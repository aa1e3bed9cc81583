import { FolderError, isSystemError } from '../results/disk.ts';
import { hasJournal } from '../results/journal-folder.ts';
import { acquireLock, type Lock } from '../results/lock.ts';
import { messageAbout } from '../results/read-study.ts';
import { FAILED, refuse } from './exit-codes.ts';
import { complain } from './say.ts';

const KEPT = 'What was finished is kept; run again with --resume to go on.';

/**
 * Does `work` while this process alone may write the folder `out`. A disk that fails or is full ends it with a
 * message.
 * @returns the exit code of `work`
 */
export async function withLock(out: string, work: () => Promise<number>): Promise<number> {
  let lock: Lock;
  try {
    const acquired = acquireLock(out);
    if (!acquired.ok) return refuse(`${out}: ${acquired.holder}`);
    lock = acquired.lock;
  } catch (error) {
    return refuse(`${out}: cannot write here: ${messageOf(error)}`);
  }
  try {
    return await work();
  } catch (error) {
    if (error instanceof FolderError) return refuse(error.message);
    if (!isSystemError(error)) throw error;
    complain(messageAbout(out, error));
    if (hasJournal(out)) complain(KEPT);
    return FAILED;
  } finally {
    lock.release();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
