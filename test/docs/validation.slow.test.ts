import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROGRAM } from '../cli/cli.ts';
import { commands, sandbox } from '../commands.ts';
import { predictedRows, predictedSentences, Runs } from './predictions.ts';

const DOCUMENT = 'docs/validation.md';
const folder = sandbox();

describe('commands in docs/validation.md work', () => {
  it.each(commands(DOCUMENT).map((args) => [args.join(' '), args]))('%s', (_, args) => {
    const { status, stderr } = spawnSync('node', [PROGRAM, ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stderr).not.toMatch(/error/i);
    expect(status).toBe(0);
  });
});

it('predictions in docs/validation.md are what these commands predict', () => {
  const runs = new Runs(folder);
  const text = readFileSync(DOCUMENT, 'utf8');
  const rows = predictedRows(runs);
  expect(text.split('\n').filter((line) => rows.includes(line))).toEqual(rows);
  const words = text.replace(/\s+/g, ' ');
  for (const sentence of predictedSentences(runs)) expect(words).toContain(sentence);
});
