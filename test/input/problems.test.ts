import { describe, expect, it } from 'vitest';
import { formatProblems, printable, show, sortProblems } from '../../src/input/problems.ts';
import { makeSource, problemAt } from '../../src/input/tree.ts';

const TEXT = 'a: 1\nmachine:\n\tpcpus: 0\n';
const source = makeSource('x.yaml', TEXT);

function at(text: string, message: string) {
  return problemAt({ source, offset: TEXT.indexOf(text) }, ['machine', 'pcpus'], { message });
}

describe('problems', () => {
  it('are printed as compilers do, with a caret below the column', () => {
    expect(formatProblems([at('0', 'must not be 0')])).toBe(
      ['x.yaml:3:9: machine.pcpus: must not be 0', '    3 |  pcpus: 0', '                ^'].join(
        '\n',
      ),
    );
  });

  it('point into the cut-out part of a long line', () => {
    const long = makeSource('long.yaml', `${'x'.repeat(5000)}!${'y'.repeat(5000)}`);
    const printed = formatProblems([
      problemAt({ source: long, offset: 5000 }, [], { message: 'm' }),
    ]);
    const [head, excerpt = '', caret = ''] = printed.split('\n');
    expect(head).toBe('long.yaml:1:5001: m');
    expect(excerpt.length).toBeLessThan(120);
    expect(excerpt[caret.indexOf('^')]).toBe('!');
  });

  it('offer a suggestion, or else what is allowed', () => {
    const problem = at('pcpus', 'unknown key "x"');
    expect(formatProblems([{ ...problem, allowed: 'a, b', suggestion: 'a' }])).toContain(
      'unknown key "x"; did you mean "a"?',
    );
    expect(formatProblems([{ ...problem, allowed: 'a, b' }])).toContain('; allowed: a, b');
  });

  it('have no line if they are about an option', () => {
    const option = makeSource('--set machine.pcpus=0', '0', false);
    const problem = problemAt({ source: option, offset: 0 }, ['machine', 'pcpus'], {
      message: 'm',
    });
    expect(formatProblems([problem])).toBe('--set machine.pcpus=0: m');
  });

  it('are sorted by position, and each is there once', () => {
    const sorted = sortProblems([at('0', 'z'), at('machine', 'y'), at('0', 'z'), at('a', 'x')]);
    expect(sorted.map(({ line, message }) => [line, message])).toEqual([
      [1, 'x'],
      [2, 'y'],
      [3, 'z'],
    ]);
  });

  it('are printed up to 100, then counted', () => {
    const many = Array.from({ length: 250 }, (_, index) => at('a', `m${index}`));
    const printed = formatProblems(many);
    expect(printed).toContain('m99\n');
    expect(printed).not.toContain('m100\n');
    expect(printed.endsWith('and 150 more')).toBe(true);
  });

  it('cannot send commands to the terminal', () => {
    expect(printable('a\x1b[31m\u202eb\u009b')).toBe('a\uFFFD[31m\uFFFDb\uFFFD');
    expect(show('\x1b]0;x\x07')).toBe('"\uFFFD]0;x\uFFFD"');
    expect(show('x'.repeat(1e6)).length).toBeLessThan(60);
  });
});
