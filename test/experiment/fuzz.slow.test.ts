import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../src/input/problems.ts';
import { bounded, expectBoundedMemory, fuzz, times } from '../fuzzing.ts';
import { parse } from './fixtures.ts';

const VALID = `question: >
  Does it matter?
seed: 1
replications: 20
duration: 1s
machine:
  xen: master
  pcpus: 2
  scheduler: {name: credit, timeslice: 30ms, ratelimit: 1ms}
  timer_slop: 50us
  costs: {profile: zcu102-a53, page: 2us}
domains:
  flusher: &flusher
    weight: 256
    cap: 0
    memory: [{start: 1GiB, size: 64MiB, block: 2MiB, type: ram, valid: true}]
    vcpus:
      - guest: {name: set-way-flusher, period: 10ms, phase: random, ops: 1}
        hard_affinity: [0]
  hog:
    memory: {ram: 64MiB}
    vcpus: [{guest: hog, count: 2, start: random, soft_affinity: [0, 1]}]
  other:
    vcpus:
      - guest: {name: script, ops: [[run, 1ms], [block, 2ms], [yield], [spin]]}
      - guest: {name: periodic-waker, period: 1ms, jitter: 1us}
policies:
  upstream: {before: true, during: {threshold: 512}, style: in-place}
  every-50us: {before: true, during: {every: 50us}}
  never: {before: false, during: never}
factors:
  pcpus: {set: machine.pcpus, levels: [2]}
  load: {levels: {light: {domains.hog.weight: 128}, heavy: {domains.hog.weight: 512}}}
  threshold: {set: policy.during.threshold, levels: [52, 512]}
measure: {latencies: [wakeup, flush], samples: false}
compare: {baseline: upstream, metrics: [mean, p99], margin: {absolute: 1us, relative: 1%}}
`;

const LINES = VALID.split('\n');
/** Bits of YAML and of experiments that break things where they do not belong. */
const BITS = [
  '[',
  ']',
  '{',
  '}',
  ':',
  ': ',
  '- ',
  '? ',
  '&a ',
  '*a',
  '*flusher',
  '<<: *flusher',
  '!!binary ',
  '!x ',
  '|\n',
  '>\n',
  '"',
  "'",
  '#',
  '\t',
  '\n',
  '\r',
  '\0',
  '\u0007',
  '\uFEFF',
  '\ud800',
  '😀',
  '%YAML 1.1\n',
  '---\n',
  '...\n',
  '-1',
  '0',
  '1e999',
  '.nan',
  '~',
  'null',
  'true',
  '9007199254740993',
  '1.5',
  '10ms',
  '-10ms',
  '1GiB',
  '__proto__: {}',
  'constructor: 1',
  'toString: 1',
  'a.b.c',
  '..',
  'policy',
  'policy.during',
  'factors',
  'seed',
];

type Mutation = (text: string) => string;

const position = fc.double({ min: 0, max: 1, noNaN: true });
const anyText = fc.oneof(fc.constantFrom(...BITS), fc.string({ unit: 'binary', maxLength: 6 }));
const anyLine = fc.constantFrom(...LINES);

function at(text: string, where: number): number {
  return Math.floor(where * text.length);
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, anyText).map(
    ([where, bit]): Mutation =>
      (text) => {
        return text.slice(0, at(text, where)) + bit + text.slice(at(text, where));
      },
  ),
  fc.tuple(position, fc.nat(12)).map(
    ([where, length]): Mutation =>
      (text) => {
        return text.slice(0, at(text, where)) + text.slice(at(text, where) + length);
      },
  ),
  fc.tuple(fc.nat(200), fc.nat(LINES.length - 1), anyLine).map(
    ([count, index, line]): Mutation =>
      (text) => {
        const changed = text.split('\n');
        changed.splice(index, count % 3, ' '.repeat(count % 7) + line);
        return changed.join('\n');
      },
  ),
  // Another value for a key, so that the file stays YAML and the checks behind it are reached.
  fc.tuple(fc.nat(60), anyText).map(
    ([index, bit]): Mutation =>
      (text) => {
        let seen = 0;
        return text.replace(/(?<=: )[\w.%-]+/g, (value) => (seen++ === index ? bit : value));
      },
  ),
  fc.tuple(fc.nat(60), fc.constantFrom(...(LINES.join(' ').match(/[\w-]+(?=:)/g) ?? []))).map(
    ([index, key]): Mutation =>
      (text) => {
        let seen = 0;
        return text.replace(/[\w-]+(?=:)/g, (old) => (seen++ === index ? key : old));
      },
  ),
);

/** Says of any text: it is an experiment with cells, or has problems in order that can be printed. */
function check(text: string, overrides: readonly string[] = []): boolean {
  const result = bounded(() => parse(text, overrides));
  if (result.ok) {
    const { cells } = result.experiment;
    expect(cells.length).toBeGreaterThan(0);
    expect(new Set(cells.map((cell) => cell.id)).size).toBe(cells.length);
    return true;
  }
  const { problems } = result;
  expect(problems.length).toBeGreaterThan(0);
  const lineCount = text.split('\n').length;
  for (const { file, line, column, message } of problems) {
    if (file === 'x.yaml') expect(line >= 1 && line <= lineCount && column >= 1).toBe(true);
    expect(message).not.toBe('');
    expect(message).not.toMatch(/undefined|\[object|Invalid input/);
  }
  const inFile = problems.filter(({ file }) => file === 'x.yaml');
  const sorted = inFile.every(({ line, column }, index) => {
    const next = inFile[index + 1];
    return next === undefined || line < next.line || (line === next.line && column <= next.column);
  });
  expect(sorted).toBe(true);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the point
  expect(formatProblems(problems)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  return false;
}

describe('any text', () => {
  it('starts from an experiment that is right', () => {
    expect(check(VALID)).toBe(true);
  });

  it('that is nearly an experiment is accepted or explained, never thrown at', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        if (check(mutations.reduce((text, mutate) => mutate(text), VALID))) accepted++;
      }),
      fuzz(2000),
    );
    // Both outcomes were seen, so the mutations are neither too weak nor too strong.
    expect(accepted).toBeGreaterThan(times(50));
    expect(accepted).toBeLessThan(times(1500));
    expectBoundedMemory();
  });

  it('whatever it is, is accepted or explained', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(anyText).map((bits) => bits.join('')),
        ),
        (text) => {
          check(text);
        },
      ),
      fuzz(300),
    );
  });

  it('is an override that is applied or explained', () => {
    const path = fc.array(
      fc.constantFrom(
        'machine',
        'pcpus',
        'domains',
        'hog',
        'vcpus',
        '0',
        'guest',
        'policy',
        'during',
        'threshold',
        'policies',
        'never',
        '',
      ),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(path, anyText, (segments, value) => {
        check(VALID, [`${segments.join('.')}=${value}`]);
      }),
      fuzz(300),
    );
  });
});
