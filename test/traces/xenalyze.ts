import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The xenalyze that is to be used: PREEMPTLAB_XENALYZE (.ci/run fetches one and sets it), else one on the PATH or
 * of an installed Xen; undefined: there is none.
 */
export function findXenalyze(): string | undefined {
  const given = process.env.PREEMPTLAB_XENALYZE;
  if (given !== undefined && given !== '') return given;
  const installed = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').filter((name) => name.startsWith('xen-'))
    : [];
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...installed.map((name) => join('/usr/lib', name, 'bin')),
  ];
  return folders.map((folder) => join(folder, 'xenalyze')).find((path) => existsSync(path));
}

/** What xenalyze says about a vCPU's time in a runstate. */
export interface Reported {
  readonly count: number;
  /** Rounded down [ticks]. */
  readonly mean: number;
}

/** What xenalyze says about a file. */
export interface Analysis {
  readonly status: number | null;
  readonly output: string;
  /** By `domain:vcpu`, then by runstate; lines that are missing had no time. */
  readonly vcpus: ReadonlyMap<string, ReadonlyMap<string, Reported>>;
}

/** Runs `xenalyze --summary`. */
export function analyse(xenalyze: string, file: string, hz: number): Analysis {
  const args = ['--summary', '--cpu-hz', `${hz / 1e9}G`, file];
  const { status, stdout, stderr } = spawnSync(xenalyze, args, { encoding: 'utf8' });
  const vcpus = new Map<string, Map<string, Reported>>();
  let domain = '';
  let states = new Map<string, Reported>();
  for (const line of stdout.split('\n')) {
    const next = /^\|-- Domain (\d+) --\|/.exec(line)?.[1];
    if (next !== undefined) {
      domain = next;
      // Totals of the domain come first.
      states = new Map();
    }
    const vcpu = /^-- v(\d+) --/.exec(line)?.[1];
    if (vcpu !== undefined) {
      states = new Map();
      vcpus.set(`${domain}:${vcpu}`, states);
    }
    const [, state, count, mean] =
      /^ +(running|runnable|blocked|offline): +(\d+) +[\d.]+s +(\d+)/.exec(line) ?? [];
    if (state !== undefined) states.set(state, { count: Number(count), mean: Number(mean) });
  }
  return { status, output: stdout + stderr, vcpus };
}
