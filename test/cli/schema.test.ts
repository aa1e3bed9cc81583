import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { preemptlab } from './cli.ts';

const { stdout } = await preemptlab('schema');
const validate = new Ajv2020.default({ strict: false }).compile(JSON.parse(stdout));

function experimentsIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'costs' ? [] : experimentsIn(path);
    return entry.name.endsWith('.yaml') ? [path] : [];
  });
}

/** An independent validator takes what `check` takes, as far as one value at a time decides. */
describe('preemptlab schema', () => {
  it.each(experimentsIn('experiments'))('accepts %s', (file) => {
    validate(parse(readFileSync(file, 'utf8')));
    expect(validate.errors).toBeNull();
  });

  const sound = parse(readFileSync('experiments/bring-up.yaml', 'utf8'));
  it.each([
    ['an unknown key', { ...sound, replicatons: 3 }],
    ['a duration without a unit', { ...sound, duration: 10 }],
    ['no replications', { ...sound, replications: 0 }],
    ['a scheduler that there is not', { ...sound, machine: { scheduler: 'cfs' } }],
  ])('refuses %s', (_, experiment) => {
    expect(validate(experiment)).toBe(false);
  });

  it('is what the shipped schema says, which editors read', () => {
    expect(JSON.parse(readFileSync('experiments/schema.json', 'utf8'))).toEqual(JSON.parse(stdout));
  });
});
