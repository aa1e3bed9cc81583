import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Where the time of the main study goes: self time of the main thread and of one worker, by folder, file and function.
 *
 *     npm run bench:profile                             the main study
 *     npm run bench:profile experiments/schedulers.yaml another one
 */

const TOP = 15;

/** What is used of V8's .cpuprofile. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

function profiles(experiment: string): CpuProfile[] {
  const folder = mkdtempSync(join(tmpdir(), 'preemptlab-profile-'));
  try {
    const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
    const args = ['run', experiment, '--jobs', '1', '--quiet', '--out', join(folder, 'out')];
    const command = [...flags, 'dist/cli/main.js', ...args];
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return readdirSync(folder)
      .filter((name) => name.endsWith('.cpuprofile'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The file of a frame: of the project, a package, Node's own code, or what V8 does besides. */
function fileOf(functionName: string, url: string): string {
  const own = /\/dist\/((?:[\w-]+\/)*[\w-]+)\.js$/.exec(url)?.[1];
  const library = /.*\/node_modules\/((?:@[\w-]+\/)?[\w.-]+)\//.exec(url)?.[1];
  if (library !== undefined) return `node_modules/${library}`;
  if (own !== undefined) return `src/${own}.ts`;
  return functionName.startsWith('(') ? `V8 ${functionName}` : 'Node';
}

/** Waiting for work, or for the other thread. */
function isIdle(functionName: string): boolean {
  return ['(idle)', 'atomicsWaitLoop', 'wait'].includes(functionName);
}

/** Self time [us] by the key that `keyOf` gives a frame; what waits is left out. */
function selfTimes(
  from: readonly CpuProfile[],
  keyOf: (file: string, functionName: string) => string,
): Map<string, number> {
  const times = new Map<string, number>();
  for (const { nodes, samples, timeDeltas } of from) {
    const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
    samples.forEach((id, i) => {
      const { functionName = '', url = '' } = frames.get(id) ?? {};
      if (isIdle(functionName)) return;
      const key = keyOf(fileOf(functionName, url), functionName);
      times.set(key, (times.get(key) ?? 0) + timeDeltas[i]);
    });
  }
  return times;
}

function table(title: string, times: ReadonlyMap<string, number>): string {
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const rows = [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, TOP)
    .map(([key, time]) => `| ${key} | ${((100 * time) / total).toFixed(1)} |`);
  return [`| ${title} | % of ${(total / 1e6).toFixed(1)} s |`, '|---|---|', ...rows].join('\n');
}

const found = profiles(process.argv[2] ?? 'experiments/dario.yaml');
const folderOf = (file: string) => file.split('/').slice(0, 2).join('/');
const tables = [
  table('folder', selfTimes(found, folderOf)),
  table(
    'file',
    selfTimes(found, (file) => file),
  ),
  table(
    'function',
    selfTimes(found, (file, name) => `${name || '(anonymous)'} ${file}`),
  ),
];
console.log(tables.join('\n\n'));
