import { spawnSync } from 'node:child_process';

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
