import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wrapped } from '../../src/analysis/wrap.ts';

it('keeps the words, in lines that are only too long for a single one', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.integer({ min: 5, max: 40 }), (text, width) => {
      const lines = wrapped(text.join(' '), width, '  ');
      expect(lines.join(' ').trim().split(/\s+/)).toEqual(text);
      for (const line of lines) {
        if (line.length > width) expect(line.trim()).not.toContain(' ');
      }
      for (const line of lines.slice(1)) expect(line).toMatch(/^ {2}\S/);
    }),
  );
});
