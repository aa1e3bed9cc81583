import { describe, expect, it } from 'vitest';
import { setPath } from '../../../src/experiment/plan/set-path.ts';
import { makeSource, type Node, toPlain } from '../../../src/input/tree.ts';
import { parseTree } from '../../../src/input/yaml-tree.ts';
import { accept, lines, MINIMAL, refuse } from '../fixtures.ts';

function tree(text: string): Node {
  const { root } = parseTree(makeSource('x.yaml', text));
  if (root === undefined) throw new Error('no tree');
  return root;
}

function set(text: string, path: string, value: string) {
  const root = tree(text);
  const before = JSON.stringify(toPlain(root));
  const result = setPath(root, path.split('.'), tree(value), root.origin);
  expect(JSON.stringify(toPlain(root)), 'the original changed').toBe(before);
  return result.ok ? toPlain(result.root) : result.complaint;
}

describe('setPath', () => {
  it.each([
    ['machine: {pcpus: 1}', 'machine.pcpus', '2', { machine: { pcpus: 2 } }],
    ['a: {b: [1, {c: 2}]}', 'a.b.1.c', '[3]', { a: { b: [1, { c: [3] }] } }],
    ['a: {b: [1, 2]}', 'a.b.0', '9', { a: { b: [9, 2] } }],
    // A key that may be there although the file does not say it.
    ['machine: {}', 'machine.timer_slop', '5us', { machine: { timer_slop: '5us' } }],
    // Shorthands are opened.
    ['{}', 'machine.pcpus', '2', { machine: { pcpus: 2 } }],
    [
      'machine: {scheduler: credit}',
      'machine.scheduler.timeslice',
      '5ms',
      { machine: { scheduler: { name: 'credit', timeslice: '5ms' } } },
    ],
    [
      '{}',
      'machine.costs.page',
      '2us',
      { machine: { costs: { profile: 'qemu-icount', page: '2us' } } },
    ],
    [
      'domains: {d: {vcpus: [{guest: hog}]}}',
      'domains.d.vcpus.0.guest.run',
      '1ms',
      { domains: { d: { vcpus: [{ guest: { name: 'hog', run: '1ms' } }] } } },
    ],
    [
      'domains: {d: {}}',
      'domains.d.memory.ram',
      '1GiB',
      { domains: { d: { memory: { ram: '1GiB' } } } },
    ],
    ['{}', 'compare.margin.absolute', '2us', { compare: { margin: { absolute: '2us' } } }],
  ])('in %s sets %s to %s', (text, path, value, expected) => {
    expect(set(text, path, value)).toEqual(expected);
  });

  it.each([
    ['{}', 'machne.pcpus', 'the file has no "machne"', 'machine.pcpus'],
    ['domains: {hog: {}}', 'domains.hogg.weight', 'domains has no "hogg"', 'domains.hog.weight'],
    ['domains: {hog: {}}', 'domains.new', 'domains has no "new"', undefined],
    [
      'domains: {d: {vcpus: [{}]}}',
      'domains.d.vcpus.1.count',
      'domains.d.vcpus has no "1"',
      undefined,
    ],
    ['domains: {d: {vcpus: [{}]}}', 'domains.d.vcpus.x', 'domains.d.vcpus has no "x"', undefined],
    ['machine: {pcpus: 1}', 'machine.pcpus.x', 'machine.pcpus has no "x"', undefined],
    ['machine: {}', 'machine..x', 'machine has no ""', undefined],
  ])('in %s finds no %s', (text, path, message, suggestion) => {
    const complaint = set(text, path, '1');
    expect(complaint).toMatchObject({ message: expect.stringContaining(message) });
    expect((complaint as { suggestion?: string }).suggestion).toBe(suggestion);
  });
});

describe('overrides', () => {
  it('apply in order, before the factors', () => {
    const text = `${MINIMAL}factors: {slop: {set: machine.timer_slop, levels: [1us]}}\n`;
    const { cells, seed } = accept(text, ['machine.pcpus=2', 'machine.pcpus=3', 'seed=7']);
    expect(cells.map((cell) => cell.setup.machine.pcpus)).toEqual([3]);
    expect(cells[0].setup.machine.timerSlop).toBe(1000);
    expect(seed).toBe(7);
  });

  it('may be flow values, and may concern every policy that has a key', () => {
    const text = `${MINIMAL}policies:
  a: {before: true, during: {threshold: 512}}
  b: {before: true, during: never}
`;
    const { cells } = accept(text, [
      'domains.hog.vcpus.0={guest: {name: poisson-waker, mean: 1ms}, hard_affinity: [0]}',
      'policy.during.threshold=7',
    ]);
    expect(cells[0].setup.domains[0].vcpus[0].guest.name).toBe('poisson-waker');
    expect(cells.map((cell) => cell.setup.policy.during)).toEqual([
      { kind: 'count', threshold: 7, pageWeight: 10, skipWeight: 1 },
      { kind: 'never' },
    ]);
  });

  it.each([
    ['machine.pcpus=0', 'expected a whole number from 1 to 256, found 0', undefined],
    ['machine.pcpus', 'expected path=value, such as machine.pcpus=2', undefined],
    ['=1', 'expected path=value, such as machine.pcpus=2', undefined],
    ['machine.pcpus=', 'expected a whole number from 1 to 256, found nothing', undefined],
    ['machin.pcpus=1', 'leads nowhere', 'machine.pcpus'],
    ['replicatons=1', 'unknown key "replicatons"', 'replications'],
    ['machine={', 'not valid YAML', undefined],
    ['policy.during.every=1us', 'no policy has what the path', undefined],
    ['policy=1', 'no policy has what the path', undefined],
  ])('that are wrong are reported as such: --set %s', (override, message, suggestion) => {
    const [problem, ...more] = refuse(MINIMAL, [override]);
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ file: `--set ${override}`, line: 0 });
    expect(problem.message).toContain(message);
    expect(problem.suggestion).toBe(suggestion);
  });

  it('do not hide what is wrong in the file', () => {
    const text = MINIMAL.replace('20', '0');
    expect(lines(refuse(text, ['machine.pcpus=0']))).toEqual([
      '2:15 replications: expected a whole number from 1 to 1000000, found 0',
      '0:0 machine.pcpus: expected a whole number from 1 to 256, found 0',
    ]);
  });
});
