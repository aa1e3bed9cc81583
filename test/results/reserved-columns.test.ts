import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { studyFile } from '../batch/fixtures.ts';
import { preemptlab, temporaryFolder } from '../cli/cli.ts';
import { lines, refuse } from '../experiment/fixtures.ts';
import { SMALL_STUDY } from '../report/small-study.ts';

const STUDY = `
question: Does it matter?
seed: 7
replications: 2
${SMALL_STUDY}`;

/** A factor of such a name would be a second column of it. */
it('no factor can be called like a column that results have', async () => {
  const out = temporaryFolder();
  const ran = await preemptlab(
    ...['run', studyFile(STUDY), '--out', out, '--quiet', '--set', 'measure.samples=true'],
  );
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  const files = readdirSync(out).filter((name) => /\.csv(\.gz)?$/.test(name));
  expect(files.length).toBeGreaterThan(6);
  for (const file of files) {
    const bytes = readFileSync(join(out, file));
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    const factors = SMALL_STUDY.match(/^ {2}(\w+): \{ ?set:/gm) ?? [];
    const columns = text.slice(0, text.indexOf('\n')).trim().split(',');
    expect(new Set(columns).size).toBe(columns.length);
    for (const column of columns.filter((name) => !factors.some((at) => at.includes(`${name}:`)))) {
      const problems = lines(
        refuse(
          `question: q\nreplications: 2\nduration: 1s\ndomains: {hog: {vcpus: [{guest: hog}]}}
factors: {${column}: {set: machine.pcpus, levels: [1, 2]}}\n`,
        ),
      );
      expect(problems.join('\n'), `${file}: ${column}`).toContain('the results have such a column');
    }
  }
});
