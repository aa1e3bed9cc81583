import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accept, lines, MINIMAL, refuse } from '../fixtures.ts';

const POLICIES = `policies:
  upstream: {before: true, during: {threshold: 512}}
  every: {before: true, during: {every: 50us}}
  never: {before: false, during: never}
`;

function ids(text: string): string[] {
  return accept(text).cells.map((cell) => cell.id);
}

describe('cells', () => {
  it('are the product of policies (outermost) and factors in file order', () => {
    const text = `${MINIMAL}policies: {a: {before: true, during: never}, b: {before: false, during: never}}
factors:
  pcpus: {set: machine.pcpus, levels: [1, 2]}
  load: {levels: {light: {domains.hog.weight: 128}, heavy: {domains.hog.weight: 512}}}
`;
    expect(ids(text)).toEqual([
      'a/pcpus=1/load=light',
      'a/pcpus=1/load=heavy',
      'a/pcpus=2/load=light',
      'a/pcpus=2/load=heavy',
      'b/pcpus=1/load=light',
      'b/pcpus=1/load=heavy',
      'b/pcpus=2/load=light',
      'b/pcpus=2/load=heavy',
    ]);
    const { cells, factors } = accept(text);
    expect(factors).toEqual([
      { name: 'pcpus', levels: ['1', '2'] },
      { name: 'load', levels: ['light', 'heavy'] },
    ]);
    expect(cells[5]).toMatchObject({
      policy: 'b',
      levels: { pcpus: '1', load: 'heavy' },
      setup: { machine: { pcpus: 1 }, domains: [{ weight: 512 }], policy: { before: false } },
    });
  });

  const STAR = `${MINIMAL}${POLICIES}factors:
  threshold: {set: policy.during.threshold, levels: [512, 52]}
  pcpus: {set: machine.pcpus, levels: [1, 2, 4]}
  slop: {set: machine.timer_slop, levels: [50us, 0]}
`;

  it('are a star: a base, and what differs from it in one factor that concerns the policy', () => {
    expect(ids(`${STAR}design: star\n`)).toEqual([
      'upstream/base',
      'upstream/slop=0',
      'upstream/pcpus=2',
      'upstream/pcpus=4',
      'upstream/threshold=52',
      'every/base',
      'every/slop=0',
      'every/pcpus=2',
      'every/pcpus=4',
      'never/base',
      'never/slop=0',
      'never/pcpus=2',
      'never/pcpus=4',
    ]);
    const { cells } = accept(`${STAR}design: star\n`);
    expect(cells[2].levels).toEqual({ threshold: '512', pcpus: '2', slop: '50us' });
    expect(cells[2].setup.machine).toMatchObject({ pcpus: 2, timerSlop: 50_000 });
  });

  it('are a star with interactions: what differs in factors named together', () => {
    const star = ids(`${STAR}design: {name: star, interactions: [[pcpus, slop]]}\n`);
    expect(star.filter((id) => id.startsWith('never'))).toEqual([
      'never/base',
      'never/slop=0',
      'never/pcpus=2',
      'never/pcpus=2/slop=0',
      'never/pcpus=4',
      'never/pcpus=4/slop=0',
    ]);
    expect(star.some((id) => id.includes('threshold=52/'))).toBe(false);
  });

  it('of a star differ from its base by what their own levels set, whatever comes later', () => {
    const text = `${MINIMAL}design: star
factors:
  size: {levels: {small: {}, large: {machine.pcpus: 4}}}
  pcpus: {set: machine.pcpus, levels: [1, 2]}
`;
    const pcpus = accept(text).cells.map(({ id, setup }) => [id, setup.machine.pcpus]);
    expect(pcpus).toEqual([
      ['upstream/base', 1],
      ['upstream/pcpus=2', 2],
      ['upstream/size=large', 4],
    ]);
  });

  it.each(['', 'design: star\n'])('are not made of thousands of factors: %s', (design) => {
    const factors = (count: number, levels: string) =>
      Array.from(
        { length: count },
        (_, i) => `  f${i}: {set: machine.timer_slop, levels: ${levels}}\n`,
      );
    const text = (count: number, levels: string) =>
      `${MINIMAL}${design}factors:\n${factors(count, levels).join('')}`;
    for (const levels of ['[1ns]', '[1ns, 2ns]']) {
      const [line] = lines(refuse(text(5000, levels)));
      expect(line).toMatch(/there are too many factors: expected at most 100, found 5000$/);
    }
    expect(accept(text(100, '[1ns]')).cells.length).toBeGreaterThan(0);
  });

  it('are refused if a star has too many of them', () => {
    const levels = (first: number) => Array.from({ length: 200 }, (_, i) => first + i).join(', ');
    const text = `${MINIMAL}design: {name: star, interactions: [[a, b]]}
factors:
  a: {set: domains.hog.weight, levels: [${levels(1)}]}
  b: {set: domains.hog.cap, levels: [${levels(0)}]}
`;
    expect(lines(refuse(text))[0]).toContain('make too many cells: expected at most 10000 cells');
  });

  it('are not multiplied by a factor that does not concern the policy', () => {
    const text = `${MINIMAL}${POLICIES}factors:
  threshold: {set: policy.during.threshold, levels: [52, 512]}
  pcpus: {set: machine.pcpus, levels: [1, 2]}
`;
    expect(ids(text)).toEqual([
      'upstream/threshold=52/pcpus=1',
      'upstream/threshold=52/pcpus=2',
      'upstream/threshold=512/pcpus=1',
      'upstream/threshold=512/pcpus=2',
      'every/pcpus=1',
      'every/pcpus=2',
      'never/pcpus=1',
      'never/pcpus=2',
    ]);
    const { cells } = accept(text);
    expect(cells[0].setup.policy.during).toMatchObject({ threshold: 52, pageWeight: 10 });
    expect(cells[4].levels).toEqual({ threshold: '', pcpus: '1' });
    expect(cells[4].setup.policy.during).toEqual({ kind: 'every', everyNs: 50_000 });
  });

  it('know the defaulted keys of a policy', () => {
    const text = `${MINIMAL}${POLICIES}factors:
  weight: {set: policy.during.page_weight, levels: [1]}
  before: {set: policy.before, levels: [true, false]}
`;
    expect(ids(text)).toEqual([
      'upstream/weight=1/before=true',
      'upstream/weight=1/before=false',
      'every/before=true',
      'every/before=false',
      'never/before=true',
      'never/before=false',
    ]);
  });

  it('set what the file leaves out or writes short', () => {
    const { cells } = accept(`${MINIMAL}factors:
  slice: {set: machine.scheduler.timeslice, levels: [5ms]}
  page: {set: machine.costs.page, levels: [3us]}
  ram: {set: domains.hog.memory.ram, levels: [1GiB]}
  pin: {set: domains.hog.vcpus.0.hard_affinity, levels: [[0]]}
  time: {set: duration, levels: [2s]}
  rule: {set: policy.during, levels: [{every: 1ms}]}
`);
    expect(cells.map((cell) => cell.id)).toEqual([
      'upstream/slice=5ms/page=3us/ram=1GiB/pin=0/time=2s/rule=every-1ms',
    ]);
    expect(cells[0].setup).toMatchObject({
      duration: 2e9,
      machine: { scheduler: { timeslice: 5e6 }, costs: { page: 3000 } },
      domains: [{ memory: [{ count: 512 }], vcpus: [{ hardAffinity: [0] }] }],
      policy: { during: { everyNs: 1e6 } },
    });
  });

  it('are as many as the product says, with unique ids that are safe as names', () => {
    const level = fc.oneof(
      fc.integer({ min: 1, max: 65535 }),
      fc.string({ maxLength: 8 }).map((text) => `${text}/../\u0007`),
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(sizes, fc.array(level, { maxLength: 3 }), (counts, odd) => {
        const factors = counts.map((count, factor) => {
          const levels = Array.from({ length: count }, (_, index) => factor * 10 + index + 1);
          return `  f${factor}: {set: domains.hog.weight, levels: [${levels}]}`;
        });
        const head = factors.length === 0 ? '' : `factors:\n${factors.join('\n')}\n`;
        const found = ids(MINIMAL + head);
        expect(found).toHaveLength(counts.reduce((a, b) => a * b, 1));
        expect(new Set(found).size).toBe(found.length);
        // Names that people choose for levels are either refused or as safe.
        const named = odd.map((name) => `${JSON.stringify(String(name))}: {machine.pcpus: 1}`);
        const text = `${MINIMAL}factors: {f: {levels: {${named.join(', ')}}}}\n`;
        const result = lines.length > 0 && named.length > 0 ? tryIds(text) : [];
        for (const id of result) expect(id).toMatch(/^upstream(\/f=(?!.*\.\.)[\w+.%-]+)?$/);
      }),
      { numRuns: 60 },
    );
  });

  it('may be ten thousand, quickly, but not more', () => {
    const levels = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
    const text = (count: number) => `${MINIMAL}factors:
  pcpus: {set: machine.pcpus, levels: [${levels(100)}]}
  weight: {set: domains.hog.weight, levels: [${levels(count)}]}
`;
    expect(accept(text(100)).cells).toHaveLength(10_000);
    expect(lines(refuse(text(101)))).toEqual([
      '5:1 factors: policies and factors make too many cells: expected at most 10000 cells, found 10100',
    ]);
  });
});

function tryIds(text: string): string[] {
  try {
    return ids(text);
  } catch {
    return [];
  }
}

describe('wrong factors', () => {
  it.each([
    ['{set: machine.pcpu, levels: [1]}', '5:20 machine.pcpu: unknown key "pcpu" (at f=1)', 'pcpus'],
    [
      '{set: machin.pcpus, levels: [1]}',
      '5:20 factors.f.set: a factor cannot set "machin.pcpus"',
      'machine.pcpus',
    ],
    [
      '{set: domains.hogg.weight, levels: [1]}',
      '5:20 factors.f.set: the path "domains.hogg.weight" leads nowhere',
      'domains.hog.weight',
    ],
    [
      '{set: domains.new, levels: [1]}',
      '5:20 factors.f.set: the path "domains.new" leads nowhere',
      undefined,
    ],
    ['{set: seed, levels: [1]}', '5:20 factors.f.set: a factor cannot set "seed"', undefined],
    [
      '{set: policies.upstream.before, levels: [true]}',
      '5:20 factors.f.set: a factor cannot set "policies.upstream.before"',
      'policy.before',
    ],
    [
      '{set: policy.during.every, levels: [1us]}',
      '5:20 factors.f.set: no policy has what the path "policy.during.every" sets',
      undefined,
    ],
    [
      '{set: policy, levels: [1]}',
      '5:20 factors.f.set: no policy has what the path "policy" sets',
      undefined,
    ],
    [
      '{set: machine.pcpus, levels: []}',
      '5:43 factors.f.levels: expected a list of values, at least one, found an empty list',
      undefined,
    ],
    [
      '{set: machine.pcpus, levels: [1, 2, 1]}',
      '5:50 factors.f.levels.2: there are two levels "1"',
      undefined,
    ],
    [
      '{set: machine.pcpus, levels: [1, 0]}',
      '5:47 machine.pcpus: expected a whole number from 1 to 256, found 0 (at f=0)',
      undefined,
    ],
    [
      '{set: machine.timer_slop, levels: [1us, 5]}',
      '5:54 machine.timer_slop: expected a duration like 10ms of at most 1s, found 5: add a unit (ns, us, ms, s) (at f=5)',
      undefined,
    ],
    ['{levels: {a: {machine.pcpu: 2}}}', '5:28 machine.pcpu: unknown key "pcpu" (at f=a)', 'pcpus'],
    [
      '{levels: {a/b: {machine.pcpus: 2}}}',
      '5:24 factors.f.levels.a/b: expected a name',
      undefined,
    ],
    [
      '{levels: {a: 1}}',
      '5:27 factors.f.levels.a: expected a mapping of names to values, found 1',
      undefined,
    ],
    ['{}', '5:11 factors.f.levels: "levels" is missing', undefined],
  ])('%s', (factor, problem, suggestion) => {
    const problems = refuse(`${MINIMAL}factors: {f: ${factor}}\n`);
    expect(lines(problems)[0].slice(0, problem.length)).toBe(problem);
    expect(problems[0].suggestion).toBe(suggestion);
  });

  it.each(['cell', 'policy', 'mean_ns', 'Pcpus', 'a-b'])('cannot be called %s', (name) => {
    const problems = refuse(`${MINIMAL}factors: {${name}: {set: machine.pcpus, levels: [1]}}\n`);
    expect(lines(problems)).toHaveLength(1);
    expect(problems[0]).toMatchObject({ line: 5, column: 11 });
  });
});

describe('a problem of some cells', () => {
  const text = (
    levels: string,
  ) => `${MINIMAL.replace('guest: hog', 'guest: hog, hard_affinity: [1]')}factors:
  slop: {set: machine.timer_slop, levels: [1us, 2us]}
  pcpus: {set: machine.pcpus, levels: [${levels}]}
`;

  it('is reported once, at its place, with the level that causes it', () => {
    expect(lines(refuse(text('1, 2')))).toEqual([
      '4:53 domains.hog.vcpus.0.hard_affinity: there is no pCPU 1: machine.pcpus is 1 and they count from 0 (at pcpus=1)',
    ]);
    expect(lines(refuse(text('1')))).toEqual([
      '4:53 domains.hog.vcpus.0.hard_affinity: there is no pCPU 1: machine.pcpus is 1 and they count from 0 (at pcpus=1)',
    ]);
  });

  it('is no problem if no cell has it, though the file without factors would', () => {
    expect(accept(text('2, 4')).cells).toHaveLength(4);
  });

  it('is found when only two levels together cause it, and stands at the level', () => {
    const problems = refuse(`${MINIMAL}factors:
  pin: {set: domains.hog.vcpus.0.hard_affinity, levels: [[0], [1]]}
  pcpus: {set: machine.pcpus, levels: [1, 2]}
`);
    expect(lines(problems)).toEqual([
      '6:63 domains.hog.vcpus.0.hard_affinity: there is no pCPU 1: machine.pcpus is 1 and they count from 0 (at pin=1, pcpus=1)',
    ]);
  });
});
