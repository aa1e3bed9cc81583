import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { experimentFiles } from '../shipped.ts';
import { preemptlab } from './cli.ts';

const { stdout } = await preemptlab('schema');
const validate = new Ajv2020.default({ strict: false }).compile(JSON.parse(stdout));

/** An independent validator takes what `check` takes, as far as one value at a time decides. */
describe('preemptlab schema', () => {
  it.each(experimentFiles())('accepts %s', (file) => {
    validate(parse(readFileSync(file, 'utf8')));
    expect(validate.errors).toBeNull();
  });

  it.each(experimentFiles())('is named by the first line of %s', (file) => {
    const [, path] =
      /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(file, 'utf8')) ?? [];
    expect(join(dirname(file), path ?? '')).toBe(join('experiments', 'schema.json'));
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
