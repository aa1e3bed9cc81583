import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type CostProfile,
  loadCostProfile,
  type ProfileSource,
  resolveCosts,
} from '../../../src/experiment/plan/cost-profile.ts';
import { costProfileFiles } from '../../../src/experiment/plan/files.ts';
import { COST_NAMES } from '../../../src/hypervisor/machine/costs.ts';
import { fromPlain, makeSource } from '../../../src/input/tree.ts';
import { lines, MINIMAL, PROFILE, profilesOf, refuse } from '../fixtures.ts';

const HERE = fromPlain('x', { source: makeSource('x.yaml', 'x'), offset: 0 });

function load(texts: Record<string, string>, name = 'x') {
  return loadCostProfile(name, HERE, profilesOf(texts));
}

function accept(texts: Record<string, string>): CostProfile {
  const profile = load(texts);
  if (!profile.ok) throw new Error(lines(profile.problems).join('\n'));
  return profile.value;
}

function problems(texts: Record<string, string>, name = 'x'): string[] {
  const profile = load(texts, name);
  return profile.ok ? [] : profile.problems.map((problem) => `${problem.file}:${lines([problem])}`);
}

describe('a cost profile', () => {
  it('has every cost, as whole nanoseconds or durations', () => {
    const profile = accept({ x: PROFILE.replace(/page: \d+/, 'page: 1.5us') });
    const costs = resolveCosts(profile, 'credit');
    expect(Object.keys(costs)).toEqual(COST_NAMES);
    expect(costs).toMatchObject({ trapEntry: 100, page: 1500 });
    expect(profile).toMatchObject({ name: 'x', description: 'for tests' });
  });

  it('may differ by scheduler', () => {
    const text = PROFILE.replace(/\bwake: \d+/, 'wake: {default: 300, credit2: 600ns}');
    const wakes = ['credit', 'credit2', 'rtds'].map((scheduler) => {
      return resolveCosts(accept({ x: text }), scheduler).wake;
    });
    expect(wakes).toEqual([300, 600, 300]);
  });

  it('extends another, and is overridden by the experiment', () => {
    const x = 'description: d\nextends: base\nsources: {page: a table}\ncosts: {page: 7, skip: 8}';
    const profile = accept({ x, base: PROFILE });
    const costs = resolveCosts(profile, 'credit', [['skip', 9]]);
    expect(costs).toMatchObject({ page: 7, skip: 9, trapEntry: 100 });
  });

  it.each([
    [
      'a missing cost',
      PROFILE.replace(/ {2}page: .*\n/, ''),
      'costs/x.yaml:2:1 costs: costs are missing: page',
    ],
    ['an unknown cost', `${PROFILE}\n  pages: 1`, 'unknown key "pages"'],
    ['a negative cost', PROFILE.replace(/page: \d+/, 'page: -1'), 'expected a whole number from 0'],
    ['no default', PROFILE.replace(/page: \d+/, 'page: {credit: 1}'), '"default" is missing'],
    [
      'an unknown scheduler',
      PROFILE.replace(/page: \d+/, 'page: {default: 1, cfs: 1}'),
      'unknown key "cfs"',
    ],
    ['a cost twice', `${PROFILE}\n  page: 1`, 'the key "page" is there already'],
    ['no description', PROFILE.replace('description: for tests\n', ''), '"description" is missing'],
    ['a source of no cost', `${PROFILE}\nsources: {pages: x}`, 'unknown key "pages"'],
    ['an unknown base', `${PROFILE}\nextends: y`, 'there is no cost profile "y"'],
    ['itself as its base', `${PROFILE}\nextends: x`, 'a profile extends itself: x -> x'],
    ['no text', '', 'the file is empty'],
  ])('is refused with %s', (_, x, message) => {
    const found = problems({ x });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
    expect(found[0]).toContain('costs/x.yaml:');
  });

  it('cannot extend in a circle or for ever', () => {
    const link = (name: string) => `description: d\nextends: ${name}\ncosts: {}`;
    expect(problems({ x: link('y'), y: link('z'), z: link('x') })[0]).toContain('x -> y -> z -> x');
    const chain = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`p${index}`, link(`p${index + 1}`)]),
    );
    expect(problems(chain, 'p0')[0]).toContain('too many profiles extend each other');
  });

  it('is a problem of the experiment if it is missing', () => {
    const line = 'machine: {costs: {profile: qemu-icont}}';
    const [missing] = refuse(`${MINIMAL}${line}\n`);
    const column = line.indexOf('qemu') + 1;
    expect(missing).toMatchObject({ file: 'x.yaml', line: 5, column, suggestion: 'qemu-icount' });
  });
});

describe('shipped profiles', () => {
  const shipped: ProfileSource = costProfileFiles('/nowhere/x.yaml');
  const names = readdirSync(new URL('../../../experiments/costs', import.meta.url))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));

  it.each(names)('%s is complete', (name) => {
    const profile = loadCostProfile(name, HERE, shipped);
    expect(profile.ok ? [] : lines(profile.problems)).toEqual([]);
  });
});
