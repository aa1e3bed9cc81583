import { describe, expect, it } from 'vitest';
import { locate, makeSource, toPlain } from '../../src/input/tree.ts';
import { parseTree } from '../../src/input/yaml-tree.ts';

function parse(text: string) {
  const { root, problems } = parseTree(makeSource('x.yaml', text));
  const found = problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  return { root, plain: root === undefined ? undefined : toPlain(root), found };
}

describe('a YAML tree', () => {
  it('has the values of the core schema', () => {
    expect(parse('{a: 1, b: 1.5, c: true, d: ~, e: yes, f: "1", g: [x, {h: 010}]}').plain).toEqual({
      a: 1,
      b: 1.5,
      c: true,
      d: null,
      e: 'yes',
      f: '1',
      g: ['x', { h: 10 }],
    });
  });

  it('knows where every value stands', () => {
    const text = 'a:\n  b: [10, 20]\n';
    const { root } = parse(text);
    if (root === undefined) throw new Error('no tree');
    expect(locate(root, ['a', 'b', 1]).origin.offset).toBe(text.indexOf('20'));
    // A value that is missing: the key that should contain it.
    expect(locate(root, ['a', 'c']).origin.offset).toBe(0);
  });

  it('resolves aliases', () => {
    expect(parse('a: &x {b: 1}\nc: *x').plain).toEqual({ a: { b: 1 }, c: { b: 1 } });
  });

  it.each([
    ['duplicate keys', 'a: 1\nb: 2\na: 3', '3:1 the key "a" is there already, in line 1'],
    ['keys that are no words', '[1]: 2', '1:1 a key must be a word'],
    ['names of the language', 'x: {__proto__: 1}', '1:5 the key "__proto__" is not allowed'],
    ['names of the language', 'constructor: 1', '1:1 the key "constructor" is not allowed'],
    ['names of the language', 'prototype: 1', '1:1 the key "prototype" is not allowed'],
    ['foreign tags', 'a: !!binary xx', '1:13 the tag "tag:yaml.org,2002:binary" is not allowed'],
    ['foreign tags', 'a: !js/function x', '1:17 the tag "!js/function" is not allowed'],
    ['control characters', 'a: "\\e[31m"', '1:4 control character U+001B is not allowed'],
    ['unknown aliases', 'a: *b', '1:4 there is no anchor &b before this alias'],
    ['aliases of themselves', 'a: &a [*a]', '1:8 *a stands inside what it stands for'],
    ['a second document', 'a: 1\n---\nb: 1', '2:1 not valid YAML: there is a second document'],
    ['directives', '%YAML 1.1\n---\na: yes', '1:1 directives (%YAML, %TAG) are not allowed'],
    ['tabs as indentation', 'a:\n\tb: 1', '2:1 not valid YAML: Tabs are not allowed'],
    ['open brackets', 'a: [1', '1:6 not valid YAML: Flow sequence'],
  ])('refuses %s', (_, text, problem) => {
    expect(parse(text).found.some((found) => found.startsWith(problem))).toBe(true);
  });

  it('keeps the first of two equal keys, and merges nothing', () => {
    expect(parse('a: 1\na: 2').plain).toEqual({ a: 1 });
    expect(parse('x: &x {a: 1}\ny: {<<: *x}').plain).toEqual({
      x: { a: 1 },
      y: { '<<': { a: 1 } },
    });
  });

  it('pollutes no prototype', () => {
    parse('__proto__: {polluted: 1}\na: {__proto__: {polluted: 1}}');
    expect('polluted' in {}).toBe(false);
  });
});

describe('limits of a YAML text', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x, x]',
    ...Array.from('bcdefghij', (name, i) => {
      const alias = `*${'abcdefghij'[i]}`;
      return `${name}: &${name} [${Array.from({ length: 10 }, () => alias).join(', ')}]`;
    }),
  ].join('\n');

  it.each([
    ['an alias bomb', bomb, 'aliases make the file too large'],
    ['many brackets', '['.repeat(500_000), '1:33 values are nested too deeply'],
    ['many braces', '{a: '.repeat(200_000), 'values are nested too deeply'],
    ['many dashes', '- '.repeat(400_000), 'values are nested too deeply'],
    ['many question marks', '? '.repeat(400_000), 'values are nested too deeply'],
    ['many colons', 'a: '.repeat(300_000), 'values are nested too deeply'],
    [
      'deep indentation',
      Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      'values are nested too deeply',
    ],
    [
      'moderately deep indentation',
      Array.from({ length: 40 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      'values are nested too deeply',
    ],
    ['many values', 'a: 1\n'.repeat(200_000), 'too many values'],
    ['more than 1 MiB', `a: ${'x'.repeat(1 << 20)}`, 'larger than 1 MiB'],
  ])('refuse %s', (_, text, problem) => {
    const { found, root } = parse(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
    expect(root).toBeUndefined();
  });

  it('allow what an experiment needs', () => {
    const nested = 'a: {b: {c: [{d: {e: [{f: {g: [[run, 1ms]]}}]}}]}}';
    expect(parse(nested).found).toEqual([]);
    expect(parse(`question: ${'word '.repeat(100_000)}`).found).toEqual([]);
  });
});
