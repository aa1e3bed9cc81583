import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The code base is tested for what nobody notices as it grows. */

/** Lines of a file. */
const LINES_MAX = 300;

const sources = (readdirSync('src', { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const text = readFileSync(join('src', name), 'utf8');
    return { name: join('src', name), text };
  });

describe('the sources', () => {
  it('give no two exports the same name', () => {
    const places = new Map<string, string[]>();
    for (const { name, text } of sources.filter(
      (source) => !/exports\/|index\.ts/.test(source.name),
    )) {
      const found = text.matchAll(
        /^export (?:abstract )?(?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm,
      );
      for (const [, word] of found) places.set(word, [...(places.get(word) ?? []), name]);
    }
    const twice = [...places].filter(([, names]) => new Set(names).size > 1);
    expect(twice.map(([word, names]) => `${word}: ${names.join(', ')}`)).toEqual([]);
  });

  it('are files that can be read at one sitting', () => {
    const long = sources.filter(({ text }) => text.split('\n').length - 1 > LINES_MAX);
    expect(long.map(({ name }) => name)).toEqual([]);
  });

  it('call a check for softirqs a check, as the field does', () => {
    const others = /\blook(s|ed|ing)? for (pending )?softirqs|\bthe look before\b/;
    expect(sources.filter(({ text }) => others.test(text)).map(({ name }) => name)).toEqual([]);
  });
});
