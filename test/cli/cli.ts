import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach } from 'vitest';

/** The built program. */
export const PROGRAM = resolve('dist/cli/main.js');

/** Runs `preemptlab` as a user would. */
export function preemptlab(...args: string[]) {
  return preemptlabIn('.', ...args);
}

/** The same in a folder. */
export function preemptlabIn(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync('node', [PROGRAM, ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
}

const folders: string[] = [];
let failed = false;
afterEach(({ task }) => {
  failed ||= task.result?.state === 'fail';
});
afterAll(() => {
  if (failed) return;
  for (const folder of folders) {
    // Something killed by a test may still write for a moment: a folder that fills is emptied again.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
});

/** A new empty folder outside the project. It goes when all tests of the file have passed, else it can be looked at. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'preemptlab-'));
  folders.push(folder);
  return folder;
}
