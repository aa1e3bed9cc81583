import { expect, it } from 'vitest';
import { filterCells } from '../../src/results/study.ts';
import { accept } from '../experiment/fixtures.ts';

const STUDY = accept(`question: q
replications: 1
duration: 1s
domains: {d: {vcpus: [{guest: hog}]}}
factors: {pcpus: {set: machine.pcpus, levels: [1, 16]}}
`);
const chosen = (filter: string) => filterCells(STUDY, filter).cells.map(({ id }) => id);

it('means one cell by its whole id, and all that contain a part of one', () => {
  expect(chosen('upstream/pcpus=1')).toEqual(['upstream/pcpus=1']);
  expect(chosen('upstream/pcpus=1,pcpus=16')).toEqual(['upstream/pcpus=1', 'upstream/pcpus=16']);
  expect(chosen('pcpus=1')).toEqual(['upstream/pcpus=1', 'upstream/pcpus=16']);
  expect(chosen('nothing')).toEqual([]);
});
