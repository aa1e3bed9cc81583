import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type FlushScenario, runFlushScenario } from '../../src/conformance/flush-scenario.ts';

const folder = new URL('./flush/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.scenario.json'))
  .map((file) => file.replace('.scenario.json', ''));

function scenarioOf(name: string): FlushScenario {
  return JSON.parse(readFileSync(new URL(`${name}.scenario.json`, folder), 'utf8'));
}

function recordedOf(name: string): string[] {
  const trace = gunzipSync(readFileSync(new URL(`${name}.trace.jsonl.gz`, folder)));
  return trace.toString('utf8').trimEnd().split('\n');
}

describe("agreement with Xen's p2m_cache_flush_range()", () => {
  it('has all recordings at hand', () => {
    expect(names).toHaveLength(40);
    const checks = names.flatMap(recordedOf).filter((line) => line.includes('"ev":"check"'));
    expect(checks).toHaveLength(2689);
  });

  it.each(names)('%s', (name) => {
    expect(runFlushScenario(scenarioOf(name))).toEqual(recordedOf(name));
  });

  it('notices one check that is preempted elsewhere', () => {
    const scenario = scenarioOf('flush-C1-o000');
    const other = { ...scenario, preempt: [...scenario.preempt, 2] };
    expect(runFlushScenario(other)).not.toEqual(recordedOf('flush-C1-o000'));
  });

  it('refuses a scenario without a valid p2m', () => {
    const scenario = { ...scenarioOf('flush-C1-o000'), extents: [] };
    expect(() => runFlushScenario(scenario)).toThrow('flush-C1-o000: there is no extent');
  });
});
