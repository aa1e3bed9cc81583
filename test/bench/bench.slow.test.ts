import { describe, expect, it } from 'vitest';
import { FIGURES, nested } from './figures.ts';

/** Tiny inputs: whether the bench works, not how fast anything is. */
const TINY = { quick: true, runs: 1 };

describe('the bench', () => {
  it('measures every figure', async () => {
    const values = new Map<string, number>();
    for (const { name, measure } of FIGURES) values.set(name, await measure(TINY));
    for (const [name, value] of values) {
      expect(Number.isFinite(value) && value > 0, `${name}: ${value}`).toBe(true);
    }
    const number = expect.any(Number);
    expect(nested(values)).toEqual({
      hold: { 16: number, 256: number, 4096: number },
      mm1: number,
      decisions: { credit: number, credit2: number, rtds: number },
      decisions_traced: { credit: number, credit2: number, rtds: number },
      edf_jobs: number,
      simulated_seconds_per_second: number,
      events_per_flush: { '1GiB': number, '1TiB': number },
      dario_s: number,
      help_ms: number,
      csv_million_rows_s: number,
    });
  });

  it('finds as many events in the flush of 1 TiB as in that of 1 GiB', async () => {
    const [small, large] = await Promise.all(
      FIGURES.filter(({ name }) => name.startsWith('events_per_flush')).map(({ measure }) =>
        measure(TINY),
      ),
    );
    expect(large).toBe(small);
  });
});
