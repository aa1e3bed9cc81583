import { closeSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { kindOf, makeFile, makeFolders } from './disk.ts';
import {
  isDead,
  type ProcessName,
  parseProcess,
  processText,
  startOf,
  thisProcess,
} from './process-name.ts';

/** The right to write a folder, or who has it. */
export type LockResult =
  | { readonly ok: true; readonly lock: Lock }
  | { readonly ok: false; readonly holder: string };

/** The right to write a folder. */
export interface Lock {
  release(): void;
}

const PREFIX = '.lock-';

/**
 * Makes sure that no two processes write one folder. Every process puts an empty file with its own name there, then looks
 * for others: of two that come at once, at least one sees the other. Files of processes that have died are removed; whether a
 * process of another host or container lives cannot be known, so it counts as alive.
 * @throws if the folder cannot be made or written
 */
export function acquireLock(folder: string): LockResult {
  makeFolders(folder);
  const me = thisProcess();
  const name = `${PREFIX}${processText(me)}`;
  const path = join(folder, name);
  if (kindOf(path) !== undefined) return { ok: false, holder: 'this process is writing it' };
  closeSync(makeFile(path).descriptor);
  const release = () => rmSync(path, { force: true });
  try {
    for (const other of readdirSync(folder)) {
      if (!other.startsWith(PREFIX) || other === name) continue;
      const holder = parseProcess(other.slice(PREFIX.length));
      if (holder !== undefined && isDead(holder, me, startOf) && isLock(join(folder, other))) {
        rmSync(join(folder, other), { force: true });
      } else {
        release();
        return { ok: false, holder: describe(holder, me, join(folder, other)) };
      }
    }
  } catch (error) {
    release();
    throw error;
  }
  return { ok: true, lock: { release } };
}

/** Locks are empty files; one that has gone meanwhile was one. */
function isLock(path: string): boolean {
  const kind = kindOf(path);
  return kind === undefined || (kind === 'file' && statSync(path).size === 0);
}

function describe(holder: ProcessName | undefined, me: ProcessName, path: string): string {
  if (holder === undefined)
    return `${path} is not of this version: delete it if nothing writes here`;
  const { host, pid, boot, space } = holder;
  if (host === me.host && boot === me.boot && space === me.space) {
    return isDead(holder, me, startOf)
      ? `${path} is not empty, so no lock of ours: move it away`
      : `process ${pid} is writing it`;
  }
  const where = host === me.host ? 'another container or machine of this name' : host;
  return `process ${pid} on ${where} is writing it; if that one is dead, delete ${path}`;
}
