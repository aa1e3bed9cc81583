import { describe, expect, it } from 'vitest';
import { experiment, run, study } from './small-study.ts';

/** A guest that cleans its caches by Set/Way and turns them off, alone or among hogs that move it about. */
const cleaning = (traps: string, hogs: number, systemCache = false) =>
  run(
    experiment(`
duration: 400ms
seed: 4
machine: {pcpus: 4, system_cache: ${systemCache}, costs: zcu102-a53, scheduler: {name: round-robin, timeslice: 1ms}}
domains:
  guest:
    memory: {ram: 4MiB}
    vcpus: [{guest: {name: cache-cleaner, period: 7700us, work: 1ms, pages: 16, sets: 512, ways: 16}}]
  hogs: {vcpus: [{guest: hog, count: ${hogs}, start: random}]}
policies: {p: {before: true, during: {threshold: 512}, traps: ${traps}}}
`),
  ).counters;

describe('the untrapped world (the Osstest heisenbug)', () => {
  it('its study loads', () => {
    expect(study('heisenbug').cells).toHaveLength(48);
  });

  it('a vCPU that stays where it is cleans what it wrote', () => {
    const { episodes, stale_episodes, migrations } = cleaning('none', 1);
    // It may be moved to another pCPU when it starts, before it has written anything.
    expect(migrations).toBeLessThanOrEqual(1);
    expect(episodes).toBeGreaterThan(30);
    expect(stale_episodes).toBe(0);
  });

  it('one that migrates leaves lines behind, some of them lost', () => {
    const { episodes, stale_episodes, lost_lines, stale_lines, migrations, flushes } = cleaning(
      'none',
      5,
    );
    expect(migrations).toBeGreaterThan(50);
    expect(flushes).toBe(0);
    expect(stale_episodes).toBeGreaterThan(3);
    expect(stale_episodes).toBeLessThan(episodes);
    expect(lost_lines).toBeGreaterThan(0);
    expect(lost_lines).toBeLessThan(stale_lines);
  });

  it('a system cache holds everything back, migrated or not', () => {
    for (const hogs of [1, 5]) {
      const { episodes, stale_episodes } = cleaning('none', hogs, true);
      expect(stale_episodes).toBe(episodes);
    }
  });

  it('trapped, nothing is ever left behind', () => {
    for (const systemCache of [false, true]) {
      const { episodes, stale_lines, flushes } = cleaning('limited', 5, systemCache);
      expect(episodes).toBeGreaterThan(10);
      expect(flushes).toBeGreaterThanOrEqual(2 * episodes);
      expect(stale_lines).toBe(0);
    }
  });
});
