import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineExperiment } from '../../src/experiment/define.ts';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import { walkSetup } from '../../src/work/job-setup.ts';
import { JobWalk } from '../../src/work/job-walk.ts';

const names = readdirSync('experiments/advisories').map((file) => basename(file, '.yaml'));

describe('the advisories', () => {
  it('are ten at least', () => {
    expect(names.filter((name) => name.startsWith('xsa-')).length).toBeGreaterThanOrEqual(10);
  });

  it.each(names)('%s: the published result is that of the study, and says yes', (name) => {
    const folder = `results/advisories/${name}`;
    const manifest = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8'));
    expect(manifest.experiment.text).toBe(
      readFileSync(`experiments/advisories/${name}.yaml`, 'utf8'),
    );
    expect(manifest.failures).toEqual([]);
    const answer = readFileSync(`${folder}/answer.md`, 'utf8');
    expect(answer).not.toContain('None of the prepared answers');
    expect(answer).toMatch(/\n *1\. .*\? Yes|\n\*?\*?.*\? Yes/s);
  });

  /** The longest stretch without a test of the only job of a cell, by arithmetic alone [ns]. */
  function stretchOf(name: string, cell: string): number {
    const loaded = loadExperiment(`experiments/advisories/${name}.yaml`);
    if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join());
    const found = loaded.experiment.cells.find(({ id }) => id === `upstream/${cell}`);
    const [named] = found?.setup.jobs ?? [];
    const walk = new JobWalk(walkSetup(named.job, 'typical'));
    walk.begin();
    return walk.longestStretch();
  }

  it('say what a closed form says', () => {
    expect(stretchOf('xsa-410', 'fix=before/guest=80GB')).toBe(41_000 * 61);
    expect(stretchOf('xsa-410', 'fix=before/guest=8TB')).toBe(4_100_000 * 61);
    expect(stretchOf('xsa-410', 'fix=after/guest=8TB')).toBe(512 * 61);
    expect(stretchOf('xsa-89', 'fix=before/pages=16TiB')).toBe(2 ** 32 * 400);
    expect(stretchOf('xsa-380', 'fix=after/entries=used')).toBe(256 * 1000);
    expect(stretchOf('xsa-125', 'fix=after')).toBe(64 * 700);
  });
});

describe('a job of the catalogue, some of it changed', () => {
  it('is that of the version, with what was changed', () => {
    const description = (xen: '4.12' | 'master') =>
      defineExperiment(
        {
          question: 'made up',
          replications: 1,
          duration: '1ms',
          machine: { xen, costs: 'zero' },
          jobs: { a: 'maptrack-used', b: { like: 'maptrack-used', units: [['unit', 7]] } },
          domains: { d: { vcpus: [{ guest: 'hog' }] } },
        },
        { profiles: { zero: readFileSync('experiments/costs/zero.yaml', 'utf8') } },
      ).cells[0].setup.jobs;
    const [old] = description('4.12') ?? [];
    const [own, changed] = description('master') ?? [];
    expect(old.job.check).toBeUndefined();
    expect(own.job.check?.count).toEqual({ kind: 'multiple', of: 256, from: 65_536, by: -1 });
    expect(changed.job).toEqual({ ...own.job, units: [{ kind: 'unit', count: 7 }] });
  });
});
