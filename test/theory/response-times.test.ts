import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFile, fromText, runCell, samplesOf } from './study.ts';

/** A periodic task [us]. Of a list, the first is the most important. */
interface Task {
  readonly c: number;
  readonly t: number;
}

const HYPERPERIOD = 24;

/** The longest response of each task on the machine [ns]. */
function simulate(
  tasks: readonly Task[],
  { chunk, phases }: { readonly chunk?: number; readonly phases?: readonly number[] } = {},
): number[] {
  const domains = tasks.map(({ c, t }, i) => {
    const gaps = Array.from({ length: 6 * (HYPERPERIOD / t) }, () => `${t}us`);
    const first = `${phases === undefined ? t * 1000 : phases[i]}ns`;
    const guest = [
      `arrivals: {recorded: [${[first, ...gaps].join(', ')}]}`,
      `service: ${c}us`,
      `jobs: ${gaps.length}`,
      ...(chunk === undefined ? [] : [`chunk: ${chunk}us`]),
    ].join(', ');
    return `  t${i}: {vcpus: [{guest: {name: server, ${guest}}, count: 4}]}`;
  });
  const priorities = tasks.map((_, i) => `t${i}: ${100 - i}`).join(', ');
  const experiment = fromText(`
question: q
replications: 1
duration: 1ms
machine:
  costs: zero
  timers: exact
  scheduler: {name: fixed-priority, preemptive: ${chunk === undefined}, priorities: {${priorities}}}
domains:
${domains.join('\n')}
measure: {samples: true, latencies: [sojourn]}
`);
  const { latency, vcpu } = samplesOf(runCell(experiment, '')[0], 'sojourn');
  const longest = tasks.map(() => 0);
  latency.forEach((value, i) => {
    const task = Math.floor(vcpu[i] / 4);
    longest[task] = Math.max(longest[task], value);
  });
  return longest;
}

/** The least x > 0 with x = f(x), from below; undefined beyond the limit. */
function fixedPoint(f: (x: number) => number, from: number): number | undefined {
  let x = from;
  for (let i = 0; i < 1000 && x <= 1e6; i++) {
    const next = f(x);
    if (next === x) return x;
    x = next;
  }
  return undefined;
}

/** Preemptive: the least R = C + sum of ceil(R / T) C over those more important [us]. */
function response(tasks: readonly Task[], i: number): number | undefined {
  const { c } = tasks[i];
  return fixedPoint(
    (r) => tasks.slice(0, i).reduce((sum, { c, t }) => sum + Math.ceil(r / t) * c, c),
    c,
  );
}

/**
 * Preemptive after each chunk only (Bril, Lukkien and Verhaegh 2009): over all jobs of the level-i busy period, as the
 * last chunk of one may push the next.
 */
function limitedResponse(tasks: readonly Task[], i: number, chunk: number): number | undefined {
  const above = tasks.slice(0, i);
  const { c, t } = tasks[i];
  const last = c % chunk === 0 ? Math.min(c, chunk) : c % chunk;
  const blocking = Math.max(0, ...tasks.slice(i + 1).map((u) => Math.min(u.c, chunk)));
  const busy = fixedPoint(
    (x) => [...above, tasks[i]].reduce((sum, u) => sum + Math.ceil(x / u.t) * u.c, blocking),
    blocking + c,
  );
  if (busy === undefined) return undefined;
  let longest = 0;
  for (let k = 0; k < Math.ceil(busy / t); k++) {
    const begun = blocking + (k + 1) * c - last;
    const start = fixedPoint(
      (s) => above.reduce((sum, u) => sum + (Math.floor(s / u.t) + 1) * u.c, begun),
      begun,
    );
    if (start === undefined) return undefined;
    longest = Math.max(longest, start + last - k * t);
  }
  return longest;
}

const task = fc.record({
  c: fc.integer({ min: 1, max: 4 }),
  t: fc.constantFrom(4, 6, 8, 12, 24),
});
const taskSet = fc
  .array(task, { minLength: 2, maxLength: 4 })
  .map((tasks) => tasks.sort((a, b) => a.t - b.t))
  .filter((tasks) => tasks.every(({ t }, i) => (response(tasks, i) ?? Infinity) <= t));

describe('12: response times of periodic tasks with fixed priorities', () => {
  it('are those of the textbook', () => {
    const experiment = fromFile('theory/12-response-times.yaml');
    const longest = ['first', 'second', 'third'].map((cell) => {
      const { latencies } = runCell(experiment, `task=${cell}`)[0];
      return latencies[0].summary.max;
    });
    expect(longest).toEqual([1000, 3000, 10_000]);
  });

  it('preemptive: the longest is the analytic one, reached when all are released together', () => {
    fc.assert(
      fc.property(taskSet, (tasks) => {
        const analytic = tasks.map((_, i) => 1000 * (response(tasks, i) ?? 0));
        expect(simulate(tasks)).toEqual(analytic);
      }),
      { numRuns: 40, seed: 12 },
    );
  });

  it('preemptive: no other phases give a longer one', () => {
    const phases = fc.array(fc.integer({ min: 1, max: 24_000 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(taskSet, phases, (tasks, phases) => {
        simulate(tasks, { phases }).forEach((longest, i) => {
          expect(longest).toBeLessThanOrEqual(1000 * (response(tasks, i) ?? 0));
        });
      }),
      { numRuns: 40, seed: 12 },
    );
  });

  it('in chunks: no phases give a longer one than the analytic one', () => {
    const phases = fc.array(fc.integer({ min: 1, max: 24_000 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(taskSet, phases, fc.integer({ min: 1, max: 4 }), (tasks, phases, chunk) => {
        simulate(tasks, { phases, chunk }).forEach((longest, i) => {
          const analytic = limitedResponse(tasks, i, chunk);
          if (analytic !== undefined) expect(longest).toBeLessThanOrEqual(1000 * analytic);
        });
      }),
      { numRuns: 60, seed: 12 },
    );
  });

  it('in chunks: it is approached as the chunk of a lower task begins closer before a release', () => {
    const tasks = [
      { c: 1, t: 4 },
      { c: 3, t: 12 },
    ];
    expect(limitedResponse(tasks, 0, 3)).toBe(4);
    expect(simulate(tasks, { chunk: 3, phases: [1500, 1000] })[0]).toBe(3500);
    expect(simulate(tasks, { chunk: 3, phases: [1001, 1000] })[0]).toBe(3999);
    // Reached when a chunk follows on another at the very instant of the release: the yield comes first.
    expect(limitedResponse(tasks, 0, 1)).toBe(2);
    expect(simulate(tasks, { chunk: 1, phases: [2000, 1000] })[0]).toBe(2000);
  });
});
