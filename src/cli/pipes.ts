import { DONE, FAILED } from './exit-codes.ts';
import { complain } from './say.ts';

/**
 * Makes the process outlive its readers. Who reads standard output or the progress may stop at any time (EPIPE): that is no
 * error, and no reason to end a study. If standard output cannot be written for another reason, such as a full disk, that is
 * told and the exit code says so.
 */
export function outliveReaders(): void {
  let lost: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lost ??= error;
  });
  process.stderr.on('error', () => {});
  process.on('exit', () => {
    if (lost === undefined) return;
    complain(`standard output could not be written: ${lost.message}`);
    if ((process.exitCode ?? DONE) === DONE) process.exitCode = FAILED;
  });
}
