import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock } from '../../src/results/lock.ts';
import { temporaryFolder } from '../cli/cli.ts';

const locks = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('.lock-'));

/** The lock of a process, as it would be left by it. */
function leave(folder: string, host: string, pid: number, start: number): string {
  const name = `.lock-${host}-${pid}-${start}`;
  writeFileSync(join(folder, name), '');
  return name;
}

describe('the lock of a results folder', () => {
  it('is held until it is released', () => {
    const folder = join(temporaryFolder(), 'new');
    const held = acquireLock(folder);
    expect(locks(folder)).toHaveLength(1);
    if (held.ok) held.lock.release();
    expect(locks(folder)).toEqual([]);
  });

  it('of a process that runs is respected', () => {
    const folder = temporaryFolder();
    const program = `
      import { acquireLock } from '${join(process.cwd(), 'dist/results/lock.js')}';
      console.log(JSON.stringify(acquireLock('${folder}')));`;
    const mine = acquireLock(folder);
    const other = spawnSync('node', ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(JSON.parse(other.stdout)).toEqual({
      ok: false,
      holder: `process ${process.pid} is writing it`,
    });
    expect(locks(folder)).toHaveLength(1);
    if (mine.ok) mine.lock.release();
  });

  it('of a process that has died is removed', () => {
    const folder = temporaryFolder();
    const { pid } = spawnSync('true');
    leave(folder, hostname(), pid, 12345);
    // The number of a process that runs, which started at another time.
    leave(folder, hostname(), process.ppid, 1);
    expect(acquireLock(folder).ok).toBe(true);
    expect(locks(folder)).toHaveLength(1);
  });

  it('of another host is respected, as nobody knows whether that process lives', () => {
    const folder = temporaryFolder();
    const name = leave(folder, 'elsewhere', 17, 1);
    const result = acquireLock(folder);
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? '' : result.holder).toContain(
      `on elsewhere is writing it; if that one is dead, delete ${join(folder, name)}`,
    );
    expect(locks(folder)).toEqual([name]);
  });

  it('cannot be had where a folder cannot be made', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(() => acquireLock(join(folder, 'file'))).toThrow(/EEXIST|ENOTDIR/);
    mkdirSync(join(folder, 'sub'));
    expect(acquireLock(join(folder, 'sub')).ok).toBe(true);
  });
});
