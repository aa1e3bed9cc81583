import { randomStream } from '../../src/engine/random-stream.ts';
import { SAMPLE_FIELDS } from '../../src/measure/sample-row.ts';
import { CsvBytes } from '../../src/results/csv-bytes.ts';
import { type Effort, fastest, timed } from './measure.ts';

const ROWS = 1_000_000;
/** As many columns of text as the main study has before the numbers. */
const HEAD = new TextEncoder().encode(
  'upstream/threshold=512,upstream,512,zcu102-a53,2,1ms,7,wakeup',
);
/** Bytes after which a worker compresses. */
const PIECE = 1 << 20;

/**
 * How long the text of 1e6 rows of samples.csv takes [s]: what a worker does before it compresses them. gzip is
 * not in it; it takes longer than this, and is not the project's.
 */
export function csvTime(effort: Effort): number {
  const rows = sampleRows(effort.quick ? 1000 : ROWS);
  let bytes = 0;
  const seconds = fastest(effort, () =>
    timed(() => {
      const lines = new CsvBytes();
      for (let at = 0; at < rows.length; at += SAMPLE_FIELDS) {
        lines.line(HEAD, rows, at, at + SAMPLE_FIELDS);
        if (lines.length < PIECE) continue;
        bytes += lines.length;
        lines.clear();
      }
      bytes += lines.length;
    }),
  );
  if (bytes === 0) throw new Error('there was no text');
  return seconds;
}

/** Samples like those of a study: whole ns, each made of a few causes. */
function sampleRows(count: number): Float64Array {
  const stream = randomStream(1, 0, 'rows');
  const below = (limit: number) => Math.floor(limit * stream.uniform());
  const rows = new Float64Array(count * SAMPLE_FIELDS);
  for (let i = 0; i < rows.length; i++) rows[i] = i % 4 === 0 ? below(50_000) : 0;
  for (let row = 0; row < count; row++) {
    rows.set([row * 12_345, row % 2, row % 4, below(200_000)], row * SAMPLE_FIELDS);
  }
  return rows;
}
