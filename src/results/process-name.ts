import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What tells a process from all others, also from those of containers and machines that have the same host name. */
export interface ProcessName {
  readonly host: string;
  /** The machine, as far as the system tells; empty if not. */
  readonly machine: string;
  /** This start of the machine. */
  readonly boot: string;
  /** The PID namespace: process numbers mean something only inside it. */
  readonly space: string;
  readonly pid: number;
  /** When it started, in the system's own unit. */
  readonly start: number;
}

/** Linux gives this number to the PID namespace of the machine itself. */
const FIRST_SPACE = '4026531836';

/** This process. */
export function thisProcess(): ProcessName {
  return {
    host: hostname(),
    machine: shortHash(textOf('/etc/machine-id')),
    boot: shortHash(textOf('/proc/sys/kernel/random/boot_id')),
    space: namespaceOf(),
    pid: process.pid,
    start: startOf(process.pid) ?? 0,
  };
}

/** `HOST-MACHINE-BOOT-SPACE-PID-START`, for the name of a file. */
export function processText({ host, machine, boot, space, pid, start }: ProcessName): string {
  return [host, machine, boot, space, pid, start].join('-');
}

/** Reads what `processText` wrote; undefined for other texts. */
export function parseProcess(text: string): ProcessName | undefined {
  const match = /^(.*)-([0-9a-f]*)-([0-9a-f]*)-(\d*)-(\d+)-(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [, host, machine, boot, space, pid, start] = match;
  return { host, machine, boot, space, pid: Number(pid), start: Number(start) };
}

/**
 * Whether a process is certainly dead, as seen from another one.
 * @param start - when the process of a number started; undefined if there is none
 */
export function isDead(
  other: ProcessName,
  me: ProcessName,
  start: (pid: number) => number | undefined,
): boolean {
  if (other.host !== me.host || other.machine !== me.machine || other.space !== me.space) {
    return false;
  }
  // After the machine's restart, if both are on the machine itself; containers of two machines may look the same.
  if (other.boot !== me.boot) return me.machine !== '' && me.space === FIRST_SPACE;
  return start(other.pid) !== other.start;
}

/**
 * When a process started, in the system's own unit; undefined if there is none. Where the system does not tell
 * (not Linux) it is 0 for every process that runs: then a reused process number counts as the same process.
 */
export function startOf(pid: number): number | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat !== '') {
    // The name in parentheses may contain anything; the start is the 20th field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  }
  if (process.platform === 'linux') return undefined;
  try {
    process.kill(pid, 0);
    return 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 0 : undefined;
  }
}

function namespaceOf(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function shortHash(text: string): string {
  return text === '' ? '' : createHash('sha256').update(text).digest('hex').slice(0, 12);
}
