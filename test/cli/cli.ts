import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { afterAll, afterEach, vi } from 'vitest';

/** The built program. */
export const PROGRAM = resolve('dist/cli/main.js');

/** What a call of `preemptlab` gave. */
export interface Called {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `preemptlab` as a user would, in a process of its own. */
export function preemptlabProcess(...args: string[]): Called {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const { status, stdout, stderr } = spawnSync('node', [PROGRAM, ...args], options);
  return { status, stdout, stderr };
}

/** Runs the built program in this process: most of a short call would be the start of Node. */
export function preemptlab(...args: string[]): Promise<Called> {
  return preemptlabIn('.', ...args);
}

/** The same in a folder. */
export async function preemptlabIn(cwd: string, ...args: string[]): Promise<Called> {
  const { preemptlab } = await import(pathToFileURL(resolve('dist/cli/program.js')).href);
  const home = process.cwd();
  const said = { stdout: '', stderr: '' };
  const restore = [
    ...(['log', 'error'] as const).map((name) => {
      const stream = name === 'log' ? 'stdout' : 'stderr';
      return vi.spyOn(console, name).mockImplementation((...text: unknown[]) => {
        said[stream] += `${format(...text)}\n`;
      });
    }),
    ...(['stdout', 'stderr'] as const).map((name) =>
      vi.spyOn(process[name], 'write').mockImplementation((text: string | Uint8Array) => {
        said[name] += text;
        return true;
      }),
    ),
  ];
  process.chdir(cwd);
  try {
    return { status: await preemptlab(args), ...said };
  } finally {
    process.chdir(home);
    for (const spy of restore) spy.mockRestore();
  }
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
