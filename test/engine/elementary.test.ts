import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosOfTurns, exp, expm1, log, log1p } from '../../src/engine/elementary.ts';
import { type RandomStream, randomStream } from '../../src/engine/random-stream.ts';
import { exponential, lognormal, normal, pareto } from '../../src/engine/variates.ts';
import { bcaInterval } from '../../src/stats/bootstrap.ts';
import { mean } from '../../src/stats/mean.ts';
import { studentTCdf, studentTQuantile } from '../../src/stats/student-t.ts';
import { fuzz } from '../fuzzing.ts';

/** Distance of two numbers relative to the second; 0 if they are the same, also if that is no number. */
function off(found: number, right: number): number {
  return Object.is(found, right) ? 0 : Math.abs(found - right) / Math.abs(right);
}

/** Two units in the last place of ours, and one of the engine's own function. */
const CLOSE = 3 * Number.EPSILON;

describe('elementary functions', () => {
  const positive = fc.double({ min: Number.MIN_VALUE, noNaN: true });
  it.each([
    ['log', log, Math.log, positive],
    ['log1p', log1p, Math.log1p, fc.double({ min: -0.999999, max: 1e300, noNaN: true })],
    ['log1p of little', log1p, Math.log1p, fc.double({ min: -1e-3, max: 1e-3, noNaN: true })],
    ['exp', exp, Math.exp, fc.double({ min: -708, max: 709, noNaN: true })],
    ['expm1', expm1, Math.expm1, fc.double({ min: -40, max: 700, noNaN: true })],
    ['expm1 of little', expm1, Math.expm1, fc.double({ min: -1e-3, max: 1e-3, noNaN: true })],
  ] as const)('%s is right to the last places', (_, own, engines, numbers) => {
    fc.assert(
      fc.property(numbers, (x) => {
        expect(off(own(x), engines(x))).toBeLessThanOrEqual(CLOSE);
      }),
      fuzz(2000),
    );
  });

  it('cosOfTurns is right to the last places, and exact at quarters', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((turns) => cosOfTurns(turns) + 0)).toEqual([1, 0, -1, 0, 1]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (turns) => {
        const right = Math.cos(2 * Math.PI * turns);
        expect(Math.abs(cosOfTurns(turns) - right)).toBeLessThanOrEqual(4 * Number.EPSILON);
      }),
      fuzz(2000),
    );
  });

  it('have the limits of those of the language', () => {
    const { NaN: none, POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number;
    for (const x of [none, most, least, 0, -0, -1, 1, 1e-320, Number.MAX_VALUE, -2]) {
      expect([x, log(x)], `log ${x}`).toEqual([x, Math.log(x)]);
      expect(log1p(x), `log1p ${x}`).toBe(Math.log1p(x));
    }
    for (const x of [none, most, least, 0, 710, -746, 1e9]) {
      expect(exp(x), `exp ${x}`).toBe(Math.exp(x));
      expect(expm1(x), `expm1 ${x}`).toBe(Math.expm1(x));
    }
    // So small that few digits are left.
    expect(exp(-744)).toBe(Math.exp(-744));
    expect(expm1(-0)).toBe(-0);
  });
});

/** The first digits of the hash of the bytes of numbers. */
function digest(numbers: readonly number[]): string {
  const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

describe('on every Node.js, to the last bit, are the same', () => {
  const stream = () => randomStream(7, 0, 'digest');
  const many = <Value>(of: () => Value) => Array.from({ length: 20_000 }, of);
  const uniforms = () => {
    const random = stream();
    return many(() => random.uniform());
  };
  const variates = (of: (random: RandomStream) => number) => () => {
    const random = stream();
    return many(() => of(random));
  };
  const tails = Array.from({ length: 500 }, (_, i) => (i + 0.5) / 1000);

  it.each<[string, () => number[], string]>([
    ['log', () => uniforms().map((u) => log(1e3 * u)), '5d36b03b2af826d6'],
    ['log1p', () => uniforms().map((u) => log1p(-u)), '70f1b164b595b083'],
    ['exp', () => uniforms().map((u) => exp(40 * u - 20)), 'cb457e6c5df58448'],
    ['expm1', () => uniforms().map((u) => expm1(2 * u - 1)), '7acae2ecc67188af'],
    ['cosines', () => uniforms().map(cosOfTurns), '2521f013c5cd39f6'],
    ['exponential variates', variates((random) => exponential(random, 300)), '0b1263dfdba5454c'],
    ['normal variates', variates((random) => normal(random, 0, 1)), '6cc36cc1007b5e1d'],
    ['lognormal variates', variates((random) => lognormal(random, 1, 2)), 'fb371947fe91e2e1'],
    ['Pareto variates', variates((random) => pareto(random, 1, 1.5)), 'd98b4acd680c4888'],
    [
      "quantiles of Student's t",
      () => tails.map((p, i) => studentTQuantile(p, 1 + i)),
      '7730e635edb5659a',
    ],
    ["Student's t", () => tails.map((p, i) => studentTCdf(8 * p - 4, 1 + i)), '65a66c5cb57bcf0d'],
    [
      'BCa intervals',
      () => {
        const values = uniforms().slice(0, 30);
        const { lo, hi } = bcaInterval(values, mean, stream().uniform);
        return [lo, hi];
      },
      'b3364ace7b72aada',
    ],
  ])('%s', (_, of, recorded) => {
    expect(digest(of())).toBe(recorded);
  });

  it('no function is used that the language leaves to its engine', () => {
    const approximate =
      /Math\.(pow|exp|expm1|log|log1p|log2|log10|a?sinh?|a?cosh?|a?tanh?|atan2|cbrt|hypot)\b/;
    const power = /(?<!\b2) \*\* /;
    const parts = ['analysis', 'engine', 'experiment', 'guests', 'hypervisor', 'measure', 'memory'];
    for (const part of [...parts, 'results', 'schedulers', 'stats', 'traces', 'work']) {
      for (const name of readdirSync(join('src', part), { recursive: true, encoding: 'utf8' })) {
        if (!name.endsWith('.ts')) continue;
        const lines = readFileSync(join('src', part, name), 'utf8').split('\n');
        const code = lines.filter((line) => !/^\s*(\/?\*|\/\/)/.test(line)).join('\n');
        expect(code, `${part}/${name}`).not.toMatch(approximate);
        expect(code, `${part}/${name}`).not.toMatch(power);
      }
    }
  });
});
