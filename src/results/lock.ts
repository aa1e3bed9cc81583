import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** The right to write a results folder, or who has it. */
export type LockResult =
  | { readonly ok: true; readonly lock: Lock }
  | { readonly ok: false; readonly holder: string };

/** The right to write a results folder. */
export interface Lock {
  release(): void;
}

const PREFIX = '.lock-';

/**
 * Makes sure that no two processes write one folder. Every process puts a file with its own name there, then looks
 * for others: of two that come at once, at least one sees the other. Files of processes that have died are removed;
 * whether a process on another host lives cannot be known, so it counts as alive.
 * @throws if the folder cannot be made or written
 */
export function acquireLock(folder: string): LockResult {
  mkdirSync(folder, { recursive: true });
  const name = `${PREFIX}${hostname()}-${process.pid}-${startOf(process.pid) ?? 0}`;
  closeSync(openSync(join(folder, name), 'w'));
  const release = () => rmSync(join(folder, name), { force: true });
  try {
    for (const other of readdirSync(folder)) {
      if (!other.startsWith(PREFIX) || other === name) continue;
      if (!isAlive(other)) rmSync(join(folder, other), { force: true });
      else {
        release();
        return { ok: false, holder: describe(folder, other) };
      }
    }
  } catch (error) {
    release();
    throw error;
  }
  return { ok: true, lock: { release } };
}

/** `.lock-HOST-PID-START` of a process that runs, or may run elsewhere. */
function isAlive(name: string): boolean {
  const { host, pid, start } = parse(name);
  if (host !== hostname()) return true;
  const now = startOf(pid);
  return now !== undefined && now === start;
}

function parse(name: string): { host: string; pid: number; start: number } {
  const match = /^(.*)-(\d+)-(\d+)$/.exec(name.slice(PREFIX.length));
  if (match === null) return { host: '', pid: 0, start: 0 };
  return { host: match[1], pid: Number(match[2]), start: Number(match[3]) };
}

function describe(folder: string, name: string): string {
  const { host, pid } = parse(name);
  const file = join(folder, name);
  if (host === hostname()) return `process ${pid} is writing it`;
  return `process ${pid} on ${host} is writing it; if that one is dead, delete ${file}`;
}

/**
 * When a process started, in the system's own unit; undefined if there is none. Where the system does not tell
 * (not Linux) it is 0 for every process that runs: then a reused process number counts as the same process.
 */
function startOf(pid: number): number | undefined {
  try {
    // The name in parentheses may contain anything; the start is the 20th field after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    if (process.platform === 'linux') return undefined;
  }
  try {
    process.kill(pid, 0);
    return 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 0 : undefined;
  }
}
