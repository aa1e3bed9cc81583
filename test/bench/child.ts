import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const MAIN = 'dist-bench/test/bench/main.js';

/**
 * Measures a figure in a process of its own: what the compiler has learnt from other figures has no influence.
 * @param folder - a built checkout of the project
 * @returns undefined if that fails; why is on stderr
 */
export function measureInChild(folder: string, name: string, runs: number): number | undefined {
  if (!existsSync(join(folder, MAIN))) throw new Error(`${folder} has no ${MAIN}`);
  const args = [MAIN, '--figure', name, '--runs', String(runs)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status === 0) return Number(stdout);
  const reason = stderr.split('\n').find((line) => /^\w*Error/.test(line)) ?? stderr;
  process.stderr.write(`${folder}: ${name} cannot be measured: ${reason}\n`);
  return undefined;
}
