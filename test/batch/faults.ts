import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** What goes wrong at one file operation. */
export type Fault =
  /** It fails with this error; later ones work. */
  | 'ENOSPC'
  | 'EIO'
  /** A write is made in half, then the disk is full. */
  | 'half, then ENOSPC'
  /** The process dies before it, after it, or in the middle of a write: no later operation happens. */
  | 'dies before'
  | 'dies after'
  | 'dies within';

export const FAULTS: readonly Fault[] = [
  'ENOSPC',
  'EIO',
  'half, then ENOSPC',
  'dies before',
  'dies after',
  'dies within',
];

/** Operations that change nothing. A file is also opened and closed to read it. */
export const READS: readonly string[] = [
  'openSync',
  'closeSync',
  'readSync',
  'read',
  'lstatSync',
  'statSync',
  'fstatSync',
  'readdirSync',
  'readFileSync',
  'readlinkSync',
];
const CHANGES = ['writeSync', 'fsyncSync', 'renameSync', 'mkdirSync', 'rmSync', 'rmdirSync'];
/** What tells how it ended to the last of its arguments. */
const LATER = ['fsync', 'read'];
const SYNC = [...READS, ...CHANGES].filter((name) => !LATER.includes(name));

type Any = (...args: unknown[]) => unknown;

/**
 * Counts file operations while `work` runs, and makes one of them go wrong.
 * @param counted - the operations that count
 * @returns how many there were
 */
export async function withFault(
  at: number,
  fault: Fault,
  work: () => Promise<unknown>,
  counted: readonly string[] = [...SYNC, ...LATER],
): Promise<{ operations: number; name: string; error: unknown }> {
  const table = fs as unknown as Record<string, Any>;
  const original = Object.fromEntries([...SYNC, ...LATER].map((name) => [name, table[name]]));
  let operations = 0;
  let dead = false;
  let hit = '';
  const failure = (code: string, name: string) =>
    Object.assign(new Error(`${code}: injected`), { code, syscall: name });
  const crash = () => Object.assign(new Error('the process is dead'), { syscall: 'dead' });
  const halfOf = (args: unknown[]) => {
    const [descriptor, bytes, offset, length, position] = args as number[];
    original.writeSync(descriptor, bytes, offset, Math.floor(length / 2), position);
  };
  const call = (name: string, real: Any, args: unknown[]): unknown => {
    if (dead) {
      // Descriptors of a dead process are closed.
      if (name === 'closeSync') real(...args);
      throw crash();
    }
    if (!counted.includes(name) || operations++ !== at) return real(...args);
    hit = name;
    if (fault.startsWith('dies')) {
      dead = true;
      if (name === 'closeSync' || fault === 'dies after') real(...args);
      if (name === 'writeSync' && fault === 'dies within') halfOf(args);
      throw crash();
    }
    if (name === 'closeSync') real(...args);
    if (name === 'writeSync' && fault.startsWith('half')) halfOf(args);
    throw failure(fault === 'EIO' ? 'EIO' : 'ENOSPC', name);
  };
  for (const name of SYNC) table[name] = (...args: unknown[]) => call(name, original[name], args);
  for (const name of LATER) {
    table[name] = (...args: unknown[]) => {
      try {
        call(name, original[name], args);
      } catch (error) {
        queueMicrotask(() => (args.at(-1) as (error: unknown) => void)(error));
      }
    };
  }
  syncBuiltinESMExports();
  try {
    await work();
    return { operations, name: hit, error: undefined };
  } catch (error) {
    return { operations, name: hit, error };
  } finally {
    Object.assign(table, original);
    syncBuiltinESMExports();
  }
}
