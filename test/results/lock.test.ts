import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock } from '../../src/results/lock.ts';
import { type ProcessName, processText, thisProcess } from '../../src/results/process-name.ts';
import { temporaryFolder } from '../cli/cli.ts';

const locks = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('.lock-'));

/** The lock of a process, as it would be left by it. */
function leave(folder: string, change: Partial<ProcessName>): string {
  const name = `.lock-${processText({ ...thisProcess(), ...change })}`;
  writeFileSync(join(folder, name), '');
  return name;
}

describe('the lock of a folder', () => {
  it('is held until it is released', () => {
    const folder = join(temporaryFolder(), 'new');
    const held = acquireLock(folder);
    expect(locks(folder)).toHaveLength(1);
    expect(acquireLock(folder)).toEqual({ ok: false, holder: 'this process is writing it' });
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
    leave(folder, { pid, start: 12345 });
    // The number of a process that runs, which started at another time.
    leave(folder, { pid: process.ppid, start: 1 });
    expect(acquireLock(folder).ok).toBe(true);
    expect(locks(folder)).toHaveLength(1);
  });

  it.each([
    ['another host', { host: 'elsewhere' }, 'elsewhere'],
    // The same volume, the same host name: their process numbers mean nothing here.
    ['another container', { space: '17' }, 'another container or machine of this name'],
    [
      'a container on another machine',
      { space: '17', boot: 'b00', machine: 'a11' },
      'another container or machine of this name',
    ],
  ])('of %s is respected, as nobody knows whether that process lives', (_, change, where) => {
    const folder = temporaryFolder();
    const { pid } = spawnSync('true');
    const name = leave(folder, { ...change, pid });
    const path = join(folder, name);
    expect(acquireLock(folder)).toEqual({
      ok: false,
      holder: `process ${pid} on ${where} is writing it; if that one is dead, delete ${path}`,
    });
    expect(locks(folder)).toEqual([name]);
  });

  it('of another version is respected', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.lock-host-17'), '');
    const result = acquireLock(folder);
    expect(result.ok ? '' : result.holder).toContain('is not of this version');
  });

  it('cannot be had where a folder cannot be made', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(() => acquireLock(join(folder, 'file'))).toThrow(/file is no folder$/);
    mkdirSync(join(folder, 'sub'));
    expect(acquireLock(join(folder, 'sub')).ok).toBe(true);
  });
});
