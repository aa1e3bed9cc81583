import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProgressLine } from '../../src/cli/progress.ts';

afterEach(() => vi.unstubAllEnvs());

/** ProgressLine of 1000 replications, what it wrote, and a clock to set. */
function shown(isTTY: boolean) {
  const clock = { now: 0 };
  const texts: string[] = [];
  const out = { isTTY, write: (text: string) => texts.push(text) };
  const progress = new ProgressLine(1000, 'replications', out, () => clock.now);
  const advance = (count: number, at: number) => {
    clock.now = at;
    progress.advance(count);
  };
  return { texts, advance };
}

describe('progress', () => {
  it('is shown before anything is done', () => {
    expect(shown(false).texts).toEqual(['0/1000 replications\n']);
  });

  it('estimates from when results come, not from when workers start', () => {
    const { texts, advance } = shown(false);
    // Ten seconds until the workers are there, then one replication every 10 ms.
    for (let done = 1; done <= 600; done++) advance(1, 10_000 + 10 * done);
    expect(texts).toEqual([
      '0/1000 replications\n',
      '1/1000 replications\n',
      '501/1000 replications, 100.0/s, 5 s left\n',
    ]);
    advance(400, 20_000);
    expect(texts.at(-1)).toBe('1000/1000 replications\n');
  });

  it('rewrites its line on a terminal', () => {
    vi.stubEnv('TERM', 'xterm');
    const { texts, advance } = shown(true);
    advance(1, 200);
    expect(texts).toEqual(['0', '1'].map((done) => `\r\u001b[K${done}/1000 replications`));
  });

  it('sends no escape sequences to a terminal that knows none', () => {
    vi.stubEnv('TERM', 'dumb');
    const { texts, advance } = shown(true);
    advance(1000, 200);
    expect(texts).toEqual(['0/1000 replications\n', '1000/1000 replications\n']);
  });
});
