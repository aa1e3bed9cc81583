import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type CostProfile,
  loadCostProfile,
  type ProfileSource,
  profilesOf,
  resolveCosts,
} from '../../../src/experiment/plan/cost-profile.ts';
import { costProfileFiles } from '../../../src/experiment/plan/files.ts';
import { COST_NAMES } from '../../../src/hypervisor/machine/costs.ts';
import { fromPlain, makeSource } from '../../../src/input/tree.ts';
import { lines, MINIMAL, PROFILE, refuse } from '../fixtures.ts';

const HARDWARE = ['zcu102-a53', 'm400-xgene', 'rpi4-a72', 'neoverse-n1'];
const ON_CREDIT = { scheduler: 'credit', isRatelimited: false, rootLevel: 1 };
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
    const costs = resolveCosts(profile, ON_CREDIT);
    expect(Object.keys(costs)).toEqual(COST_NAMES);
    expect(costs).toMatchObject({ trapEntry: 100, page: 1500 });
    expect(profile).toMatchObject({ name: 'x', description: 'for tests' });
  });

  it('may differ by scheduler', () => {
    const text = PROFILE.replace(/\bwake: \d+/, 'wake: {default: 300, credit2: 600ns}');
    const wakes = ['credit', 'credit2', 'rtds'].map((scheduler) => {
      return resolveCosts(accept({ x: text }), { ...ON_CREDIT, scheduler }).wake;
    });
    expect(wakes).toEqual([300, 600, 300]);
  });

  it('extends another, and is overridden by the experiment', () => {
    const x = 'description: d\nextends: base\nsources: {page: a table}\ncosts: {page: 7, skip: 8}';
    const profile = accept({ x, base: PROFILE });
    const costs = resolveCosts(profile, ON_CREDIT, [['skip', 9]]);
    expect(costs).toMatchObject({ page: 7, skip: 9, trapEntry: 100 });
  });

  it('may differ by the level of the p2m root, and count a rate limit only where there is one', () => {
    const text = PROFILE.replace(/\bskip: \d+/, 'skip: {default: 268, root_level_0: 329}');
    const profile = accept({ x: text.replace(/ratelimit_check: \d+/, 'ratelimit_check: 33') });
    expect(resolveCosts(profile, ON_CREDIT)).toMatchObject({ skip: 268, ratelimitCheck: 0 });
    expect(resolveCosts(profile, { ...ON_CREDIT, rootLevel: 0 }).skip).toBe(329);
    expect(resolveCosts(profile, { ...ON_CREDIT, isRatelimited: true }).ratelimitCheck).toBe(33);
    const ungrown = accept({ x: PROFILE.replace(/ {2}balance_pcpu: .*\n/, '') });
    expect(resolveCosts(ungrown, ON_CREDIT).balancePcpu).toBe(0);
  });

  const spread = (numbers: string, steps = '[page]') =>
    `${PROFILE}\nspread: {a: {steps: ${steps}, ${numbers}, source: s}}`;

  it('may say how costs vary, and what the counter knows; who extends it may say it anew', () => {
    const base = `${spread('least: 0.9, p99: 1.1, most: 1.2', '[page, skip]')}\ncounter: 54MHz`;
    const x =
      'description: d\nextends: base\ncosts: {}\n' +
      'spread: {b: {steps: [skip], least: 1, p99: 1, most: 1, source: s}}';
    expect(accept({ x: base })).toMatchObject({
      counterHz: 54e6,
      spreads: { page: { least: 0.9, p99: 1.1, most: 1.2 }, skip: { least: 0.9 } },
    });
    expect(accept({ x, base })).toMatchObject({
      counterHz: 54e6,
      spreads: { page: { least: 0.9 }, skip: { least: 1 } },
    });
    expect(accept({ x: PROFILE })).toMatchObject({ counterHz: undefined, spreads: {} });
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
    ['a counter without a unit', `${PROFILE}\ncounter: 54`, 'a frequency like 62.5MHz'],
    [
      'a counter too slow',
      `${PROFILE}\ncounter: 5kHz`,
      'a frequency like 62.5MHz from 1MHz to 1GHz',
    ],
    ['a spread of no cost', spread('least: 1, p99: 1, most: 1', '[pages]'), 'may vary'],
    [
      'a spread of what cannot vary',
      spread('least: 1, p99: 1, most: 1', '[set_way_op]'),
      'the key of a cost that may vary',
    ],
    ['a spread above its mean', spread('least: 1.1, p99: 1.2, most: 2'), 'can be the mean'],
    ['a spread below its mean', spread('least: 0.5, p99: 0.9, most: 2'), 'can be the mean'],
    [
      'no source of a spread',
      spread('least: 1, p99: 1, most: 1').replace(', source: s', ''),
      'source',
    ],
    [
      'a step in two classes',
      spread('least: 1, p99: 1, most: 1', '[page, page]'),
      'one class only',
    ],
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

  it.each(HARDWARE)(
    '%s: every key says whether it is measured, fitted, derived, scaled or assumed',
    (name) => {
      const text = readFileSync(`experiments/costs/${name}.yaml`, 'utf8');
      const { sources, costs } = parse(text) as Record<string, Record<string, string>>;
      expect(Object.keys(sources).toSorted()).toEqual(
        ['counter', ...Object.keys(costs)].toSorted(),
      );
      for (const source of Object.values(sources)) {
        expect(source).toMatch(/^(measured|fitted|derived|scaled|assumed)\b/);
      }
    },
  );

  it('those of instruction counts and of recorded decisions do not vary', () => {
    for (const name of names.filter((one) => !HARDWARE.includes(one))) {
      const profile = loadCostProfile(name, HERE, shipped);
      expect(profile.ok && profile.value.spreads).toEqual({});
    }
  });

  it.each(names)('%s is complete', (name) => {
    const profile = loadCostProfile(name, HERE, shipped);
    expect(profile.ok ? [] : lines(profile.problems)).toEqual([]);
  });
});
