import { describe, expect, it } from 'vitest';
import { Digest } from '../../../src/analysis/digest.ts';
import { replicate } from '../../../src/experiment/replication.ts';
import { beginLanes } from '../../../src/report/html/lane-jobs.ts';
import { drawLanes, type LaneJob } from '../../../src/report/html/lanes.ts';
import { fromText } from '../../theory/study.ts';
import { SMALL_STUDY } from '../small-study.ts';

const experiment = fromText(`question: Does it matter?\nreplications: 2\n${SMALL_STUDY}`);
const digests = experiment.cells.map((cell) => {
  const digest = new Digest(cell, false);
  for (let replication = 0; replication < experiment.replications; replication++) {
    const result = replicate(cell.setup, experiment.seed, replication);
    digest.add({ ok: true, replication, result });
  }
  return digest;
});

describe('beginLanes', () => {
  it('draws the worst sample of each kind', async () => {
    const lanes = await beginLanes(experiment, digests)();
    expect([...lanes.keys()].map(({ kind }) => kind).sort()).toEqual(
      [...experiment.measure.latencies].sort(),
    );
    for (const figure of lanes.values())
      expect(figure).toMatch(/^<figure class="chart strip lanes" /);
  });

  it('begins elsewhere at once, each replication once, with the same figures', async () => {
    const jobs: LaneJob[] = [];
    const give = beginLanes(experiment, digests, async (job) => {
      jobs.push(job);
      return drawLanes(structuredClone(job));
    });
    const replications = jobs.map(({ setup, replication }) =>
      JSON.stringify([setup.policy, replication]),
    );
    expect(jobs.length).toBeGreaterThan(0);
    expect(new Set(replications).size).toBe(jobs.length);
    expect(await give()).toEqual(await beginLanes(experiment, digests)());
  });

  it('draws here what could not be drawn elsewhere', async () => {
    const give = beginLanes(experiment, digests, async () => undefined);
    expect(await give()).toEqual(await beginLanes(experiment, digests)());
  });
});
