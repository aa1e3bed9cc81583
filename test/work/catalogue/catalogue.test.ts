import { describe, expect, it } from 'vitest';
import { CATALOGUE, catalogueNames, findJob } from '../../../src/work/catalogue/catalogue.ts';
import { checkJob, unitsWithoutProgress } from '../../../src/work/check-job.ts';
import { walkSetup } from '../../../src/work/job-setup.ts';
import { JobWalk } from '../../../src/work/job-walk.ts';

const jobs = CATALOGUE.flatMap(({ name, versions }) =>
  Object.entries(versions).map(([xen, job]) => ({ name: `${name} ${xen}`, job })),
);

function stretchOf(name: string, xen: '4.12' | '4.17' | 'master'): number {
  const job = findJob(name, xen);
  if (job === undefined) throw new Error(`${xen} has no ${name}`);
  const walk = new JobWalk(walkSetup(job, 'typical'));
  walk.begin();
  return walk.longestStretch();
}

describe("the catalogue of Xen's long operations", () => {
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
