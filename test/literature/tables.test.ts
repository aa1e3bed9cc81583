import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { plusMinus } from '../plus-minus.ts';

/** A statistic of a published study of the literature, with its interval [ns]. */
function published(study: string, cell: string, name: string) {
  const text = readFileSync(`results/literature/${study}/summary.csv`);
  const rows: Record<string, string>[] = parse(text, { columns: true });
  const row = rows.find((one) => one.cell.endsWith(cell) && one.statistic === name);
  if (row === undefined) throw new Error(`${study} has no ${name} of ${cell}`);
  const [estimate, lo, hi] = [row.estimate_ns, row.lo95_ns, row.hi95_ns].map(Number);
  return { estimate, lo, hi };
}

const document = readFileSync('docs/validation.md', 'utf8').split('\n');

describe('what docs/validation.md says of published studies of the literature', () => {
  it.each([
    ['8MiB-at-10GBps', '| Arora, clearing huge pages (Linux 94962b2628e6) | 8 MiB at 10 GB/s '],
    ['512KiB-at-512MBps', '| | 512 KiB at 512 MB/s: '],
    ['32MiB-at-10GBps', '| | all of 32 MiB at 10 GB/s: '],
  ])('clear-page, chunk=%s', (chunk, head) => {
    const worst = published('clear-page', `chunk=${chunk}`, 'max').estimate / 1000;
    const mean = plusMinus(published('clear-page', `chunk=${chunk}`, 'mean'), 1000);
    const [row] = document.filter((line) => line.startsWith(head));
    expect(row).toContain(`| ${worst.toFixed(1)}; ${mean} us |`);
  });

  it.each([
    ['4ms', '| Zijlstra, PREEMPT_LAZY (Linux 7c70cb94d29c) | HZ=250: '],
    ['1ms', '| | HZ=1000: '],
  ])('preempt-lazy, tick=%s', (tick, head) => {
    const [mean, p99] = ['mean', 'p99'].map((name) =>
      plusMinus(published('preempt-lazy', `tick=${tick}`, name), 1e6),
    );
    const [row] = document.filter((line) => line.startsWith(head));
    expect(row).toContain(`| ${mean}; ${p99} ms |`);
  });
});
