import { describe, expect, it } from 'vitest';
import { timeText } from '../../../src/analysis/time-text.ts';
import type { XenVersion } from '../../../src/hypervisor/cpu/softirq.ts';
import { CATALOGUE, catalogueNames, findJob } from '../../../src/work/catalogue/catalogue.ts';
import { checkJob, unitsWithoutProgress } from '../../../src/work/check-job.ts';
import { COST_LEVELS, type CostLevel, type LongWork } from '../../../src/work/job.ts';
import { walkSetup } from '../../../src/work/job-setup.ts';
import { JobWalk } from '../../../src/work/job-walk.ts';

const jobs = CATALOGUE.flatMap(({ name, versions }) =>
  Object.entries(versions).map(([xen, job]) => ({ name: `${name} ${xen}`, job })),
);

function stretchOf(name: string, xen: XenVersion, level: CostLevel = 'typical'): number {
  const job = findJob(name, xen);
  if (job === undefined) throw new Error(`${xen} has no ${name}`);
  const walk = new JobWalk(walkSetup(job, level));
  walk.begin();
  return walk.longestStretch();
}

const VERSIONS = ['4.12', '4.17', 'master'] as const;

/** Where it is tested, in a few words. */
function ruleOf({ check, stopAfter }: LongWork): string {
  const stop = stopAfter === undefined ? '' : `stops after ${stopAfter}`;
  if (check === undefined) return stop === '' ? 'never' : stop;
  const { count, position, last, tests } = check;
  const at =
    count.kind === 'threshold'
      ? `weight ${count.least}${count.start === 0 ? '' : `, from ${count.start}`}${count.reset ? '' : ', not reset'}`
      : count.kind === 'multiple'
        ? `multiples of ${count.of}`
        : `every ${timeText(count.every)}`;
  const all = [`${position} ${at}`, last ? 'the last too' : '', tests, stop];
  return all.filter((part) => part !== '').join('; ');
}

/** A document of all operations, a row each; a version that is as the next one is not repeated. */
function document(): string {
  const rows = CATALOGUE.map(({ name, row, versions }) => {
    const cells = VERSIONS.map((xen) => {
      const job = versions[xen];
      if (job === undefined) return 'none';
      const [fast, middle, slow] = COST_LEVELS.map((level) =>
        timeText(stretchOf(name, xen, level)),
      );
      const locks = job.locks.map((lock) => lock.name).join(', ');
      return `${ruleOf(job)}${locks ? ` [${locks}]` : ''}: ${middle} (${fast} to ${slow})`;
    });
    const told = cells.map((cell, i) => (cell === cells[i + 1] ? 'as the next' : cell));
    const job = versions.master ?? versions['4.17'] ?? versions['4.12'];
    const context = `${job?.context}, ${job?.hit}`;
    return `| `.concat([`\`${name}\``, row, context, ...told].join(' | '), ' |');
  });
  return [
    "# Xen's long operations",
    '',
    'Made from `src/work/catalogue` by `test/work/catalogue/catalogue.test.ts`. In the columns of the versions: where it is tested, [the locks it holds], and the longest',
    'stretch without a test at typical costs (fast to slow). Costs are assumed unless the job says otherwise; [long-work.md](long-work.md) says what the words mean.',
    '',
    '| name | operation and request | context, hit | 4.12 | 4.17 | master |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

describe("the catalogue of Xen's long operations", () => {
  it('is docs/operations.md', async () => {
    await expect(document()).toMatchFileSnapshot('../../../docs/operations.md');
  });

  it('has names of its own, and each says which row of the atlas it is', () => {
    const names = catalogueNames();
    expect(new Set(names).size).toBe(names.length);
    expect(CATALOGUE.filter(({ row }) => !/^1\.[1-8] /.test(row))).toEqual([]);
  });

  it.each(jobs)('$name is sound and says where its numbers are from', ({ job }) => {
    expect(checkJob(job)).toEqual([]);
    expect(job.origin).not.toBe('');
  });

  it('knows that two operations may make no progress, and no others', () => {
    const stuck = jobs.filter(({ job }) => unitsWithoutProgress(job) !== undefined);
    expect(stuck.map(({ name }) => name)).toEqual([
      'relinquish-foreign master',
      'evtchn-reset 4.17',
      'evtchn-reset master',
    ]);
    expect(stuck.every(({ job }) => job.mayNotEnd)).toBe(true);
  });

  it('has the distances between checks that its rules imply', () => {
    // 270 ns less its test; 512 tables of 61 ns; all of 262144 entries without the check of XSA-380.
    expect(stretchOf('relinquish-memory', 'master')).toBe(200);
    expect(stretchOf('p2m-teardown', 'master')).toBe(512 * 61);
    expect(stretchOf('maptrack-unused', '4.12')).toBe(262_144 * 10);
    expect(stretchOf('maptrack-unused', 'master')).toBe(256 * 10);
    // Scrubbing is split in 4.22, the cleaning of the cache is not.
    expect(stretchOf('populate-physmap', '4.17')).toBe(131_072 * 500 + 262_144 * 1000);
    expect(stretchOf('populate-physmap', 'master')).toBe(256 * 4 + 262_144 * 1000);
  });
});
