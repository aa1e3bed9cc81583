import { describe, expect, it } from 'vitest';
import { accept, lines, MINIMAL, refuse } from '../fixtures.ts';

const asking = (question: string) => `${MINIMAL}questions: [${question}]\n`;

describe('questions that values answer', () => {
  it('keep their conditions, the values of their sentences, and their columns', () => {
    const { questions } = accept(
      asking(
        '{ask: How many?, answers: [{when: [upstream flushes > 1], say: "{upstream flushes}, {3}"}, {say: none}], table: [virq.max, share.hog], cells: up}',
      ),
    );
    const [question] = questions;
    if (!('answers' in question)) throw new Error('not one that values answer');
    const [first, second] = question.answers;
    expect(first.when).toHaveLength(1);
    expect([...first.values.keys()]).toEqual(['upstream flushes', '3']);
    expect([second.when, second.values.size]).toEqual([[], 0]);
    expect(question.table.map(({ name }) => name)).toEqual(['virq.max', 'share.hog']);
    expect(question.cells).toBe('up');
  });

  it('report all that is wrong, each where it stands', () => {
    const problems = refuse(
      asking(
        '{ask: x, answers: [{when: [upstream flushes], say: "{upstream nothing}"}, {say: "{nobody flushes}"}], table: [virq, flushes]}',
      ),
    );
    expect(lines(problems).map((line) => line.replace(/^\S+ /, ''))).toEqual([
      expect.stringMatching(/^questions\.0\.answers\.0\.when\.0: expected a comparison/),
      expect.stringMatching(/^questions\.0\.answers\.0\.say: nothing is no quantity/),
      expect.stringMatching(/^questions\.0\.answers\.1\.say: nobody names no cell/),
      expect.stringMatching(/^questions\.0\.table\.0: virq is no quantity/),
    ]);
  });
});
