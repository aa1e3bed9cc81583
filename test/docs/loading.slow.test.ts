import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';

/*
 * The programs of docs/formats.md that load tables of the published main study, by the software they are for. What they print is compared with what is
 * read from the tables here.
 */

const text = readFileSync('docs/formats.md', 'utf8');

function program(language: string): string {
  const [, found] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  if (found === undefined) throw new Error(`docs/formats.md has no program in ${language}`);
  expect(found.trim().split('\n').length).toBeLessThanOrEqual(10);
  return found;
}

function rows(file: string): Record<string, string>[] {
  return parse(readFileSync(join('results/dario', file)), { columns: true });
}

/** What all of them print: the verdicts, the best P, and the mean flush of 64 MiB under upstream. */
let verdicts: Map<string, number>;
let smallest: string;
let flush: number;

beforeAll(() => {
  verdicts = new Map();
  const comparison = rows('comparison.csv');
  for (const { verdict } of comparison) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  expect(verdicts.size).toBe(4);
  [smallest] = comparison
    .filter(({ verdict }) => verdict !== 'undecided')
    .sort((a, b) => Number(a.p) - Number(b.p))
    .map(({ cell }) => cell);
  const own = rows('summary.csv').filter(
    ({ policy, kind, statistic, memory_bytes: bytes }) =>
      `${policy} ${kind} ${statistic} ${bytes}` === `upstream flush mean ${64 << 20}`,
  );
  flush = own.reduce((sum, row) => sum + Number(row.estimate_ns), 0) / own.length;
});

function expectPrinted({ status, stdout, stderr }: ReturnType<typeof run>): void {
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const numbers = [...stdout.matchAll(/\d+(\.\d+)?(e[+-]?\d+)?/g)].map(([n]) => Number(n));
  for (const [verdict, count] of verdicts) {
    expect(stdout).toContain(verdict);
    expect(numbers).toContain(count);
  }
  expect(stdout).toContain(smallest.split('/')[0]);
  // Printed with six digits or more.
  expect(numbers.some((n) => Math.abs(n / flush - 1) < 1e-5)).toBe(true);
}

function run(command: string, args: readonly string[], input?: string) {
  return spawnSync(command, args, { encoding: 'utf8', input });
}

describeWith('pandas', 'pandas', (python) => {
  it('loads the tables as docs/formats.md has it', () => {
    expectPrinted(run(python, ['-'], program('python')));
  });
});

describeWith('r', 'R', (rscript) => {
  it('loads the tables as docs/formats.md has it', () => {
    expectPrinted(run(rscript, ['-e', program('r')]));
  });
});

describeWith('duckdb', 'DuckDB', (duckdb) => {
  it('loads the tables as docs/formats.md has it', async () => {
    if (statSync(duckdb).isFile()) {
      expectPrinted(run(duckdb, ['-csv'], program('sql')));
      return;
    }
    // A folder with DuckDB for Node.js, which is to be had where its own program is not.
    const require = createRequire(join(resolve(duckdb), 'node_modules', 'any.js'));
    const { DuckDBInstance } = require('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create()).connect();
    const printed: string[] = [];
    for (const statement of program('sql').split(';')) {
      if (statement.trim() === '') continue;
      const reader = await connection.runAndReadAll(statement);
      printed.push(...reader.getRows().map((row: unknown[]) => row.join(' ')));
    }
    expectPrinted({ status: 0, stdout: printed.join('\n'), stderr: '' } as ReturnType<typeof run>);
  });
});
