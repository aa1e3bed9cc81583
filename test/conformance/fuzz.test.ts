import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conformOne } from '../../src/conformance/conform.ts';
import { temporaryFolder } from '../cli/cli.ts';
import { bounded, expectBoundedMemory, fuzz, jsonMutation } from '../fuzzing.ts';

const SCENARIOS = [
  'sched/credit-F1-o01',
  'sched/credit2-F1-o01',
  'sched/rtds-F1-o01',
  'sched/arinc653-A1-o01',
  'sched/null-F1-o01',
  'flush/flush-C1-o007',
];

describe('a conformance scenario that was changed', () => {
  const folder = temporaryFolder();
  it.each(SCENARIOS)('%s agrees, differs or is explained, and soon', (path) => {
    const name = 'x';
    cpSync(`test/conformance/${path}.trace.jsonl.gz`, join(folder, `${name}.trace.jsonl.gz`));
    const original = readFileSync(`test/conformance/${path}.scenario.json`, 'utf8');
    const seen = { agree: 0, differ: 0, failed: 0 };
    fc.assert(
      fc.property(fc.array(jsonMutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const text = mutations.reduce((changed, mutate) => mutate(changed), original);
        writeFileSync(join(folder, `${name}.scenario.json`), text);
        const outcome = bounded(() => conformOne(folder, name));
        seen[outcome.kind]++;
        if (outcome.kind === 'failed') {
          // Where it is: a path into the JSON, or where that ends to be JSON.
          expect(outcome.problem).toMatch(
            /→ at \w|^domains\[|gfn|JSON at position|^Unexpected (token .*is not valid JSON|end)/s,
          );
          expect(outcome.problem).not.toMatch(
            /undefined \(reading|is not a function|Invalid array/,
          );
        }
      }),
      fuzz(50),
    );
    expect(seen.failed).toBeGreaterThan(0);
    expectBoundedMemory();
  });
});

describe('a scenario from a stranger', () => {
  it.each([
    ['scenario.json', `{"domains": [${'1,'.repeat(1e6)}1]}`, 'it has more than 524288 bytes'],
    ['trace.jsonl.gz', gzipSync(Buffer.alloc(300e6, '\n')), 'it cannot be unpacked: '],
  ])('with a bomb for its %s is refused', (file, content, problem) => {
    const folder = temporaryFolder();
    const original = `test/conformance/${SCENARIOS[0]}`;
    for (const ending of ['scenario.json', 'trace.jsonl.gz'])
      cpSync(`${original}.${ending}`, join(folder, `x.${ending}`));
    const path = join(folder, `x.${file}`);
    writeFileSync(path, content);
    const outcome = bounded(() => conformOne(folder, 'x'));
    expect(outcome.kind === 'failed' && outcome.problem).toContain(`${path}: ${problem}`);
    expectBoundedMemory();
  });

  it('with many mistakes has some of them told', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'x.scenario.json'), `{"domains": [${'1,'.repeat(50_000)}1]}`);
    const outcome = bounded(() => conformOne(folder, 'x'));
    const lines = (outcome.kind === 'failed' ? outcome.problem : '').split('\n');
    expect(lines).toHaveLength(41);
    expect(lines[40]).toMatch(/^and \d+ more$/);
  });
});
