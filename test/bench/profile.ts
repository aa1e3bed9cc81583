import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Where the time of the main study goes: self time of the main thread and of one worker, by folder, file and function; and how
 * long it would take with more workers, if nothing but these threads limited it.
 *
 *     npm run bench:profile                             the main study
 *     npm run bench:profile experiments/schedulers.yaml another one
 */

const TOP = 15;

/** What is used of V8's .cpuprofile. */
interface CpuProfile {
  /** [us], of a clock that all threads share. */
  readonly startTime: number;
  readonly endTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
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

/** A sample of a profile: what was at work, from and to [us]. */
interface Span {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}

/** When a thread was busy, and with what. */
function busySpans({ nodes, samples, timeDeltas, startTime }: CpuProfile): Span[] {
  const idle = new Set(
    nodes.filter((node) => isIdle(node.callFrame.functionName)).map((n) => n.id),
  );
  let now = startTime;
  return samples.flatMap((id, i) => {
    const from = now;
    now += timeDeltas[i];
    return idle.has(id) ? [] : [{ id, from, to: now }];
  });
}

/** The nodes of all functions that `root` calls. */
function below(root: string, { nodes }: CpuProfile): Set<number> {
  const found = new Set<number>();
  // A node stands before those that it has called.
  for (const { id, callFrame, children = [] } of nodes) {
    if (callFrame.functionName === root) found.add(id);
    if (found.has(id)) for (const child of children) found.add(child);
  }
  return found;
}

const WORKERS = [1, 2, 4, 8, 16, 32, 64];

/**
 * A run on paper. What the worker does is divided among n; what the main thread does meanwhile it does beside them, at least one
 * after the other; and before the first and after the last replication nobody else has anything to do.
 */
function onPaper(from: readonly CpuProfile[]): string {
  const isMain = ({ nodes }: CpuProfile) =>
    nodes.some(({ callFrame }) => callFrame.url.endsWith('/dist/cli/program.js'));
  const main = from.find(isMain);
  const worker = from.find((profile) => !isMain(profile) && below('replicate', profile).size > 0);
  if (main === undefined || worker === undefined) return '';
  const replicating = below('replicate', worker);
  const spans = busySpans(worker);
  const first = spans.find(({ id }) => replicating.has(id))?.from ?? 0;
  const last = spans.findLast(({ id }) => replicating.has(id))?.to ?? 0;
  const seconds = (of: readonly Span[]) =>
    of
      .filter((span) => span.from >= first && span.to <= last)
      .reduce((sum, span) => sum + (span.to - span.from) / 1e6, 0);
  const [work, beside] = [seconds(spans), seconds(busySpans(main))];
  const alone = (main.endTime - main.startTime - (last - first)) / 1e6;
  const total = (workers: number) => alone + Math.max(beside, work / workers);
  return [
    `Main thread: alone ${alone.toFixed(1)} s, beside the worker ${beside.toFixed(1)} s. Worker: ${work.toFixed(1)} s.`,
    '',
    '| workers | on paper [s] | speed-up | main thread busy [%] |',
    '|---|---|---|---|',
    ...WORKERS.map((n) => {
      const share = (100 * (alone + beside)) / total(n);
      return `| ${n} | ${total(n).toFixed(1)} | ${(total(1) / total(n)).toFixed(1)} | ${share.toFixed(0)} |`;
    }),
  ].join('\n');
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
console.log([...tables, onPaper(found)].join('\n\n'));
