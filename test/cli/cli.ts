import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `preemptlab` as a user would (the built program). */
export function preemptlab(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('node', ['dist/cli/main.js', ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
}

/** A new empty folder outside the project. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'preemptlab-'));
}
