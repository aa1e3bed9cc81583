import { describe, expect, it } from 'vitest';
import { sampler } from '../../src/engine/distribution.ts';
import { randomStream } from '../../src/engine/random-stream.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { fromFile, samplesOf } from './study.ts';

describe('sample path', () => {
  it('14: a million jobs wait what the recursion of Lindley says, each to the ns', () => {
    const { cells, seed } = fromFile('theory/14-sample-path.yaml');
    const { setup } = cells[0];
    const result = replicate(setup, seed, 0);
    const wait = samplesOf(result, 'wait').latency;
    const sojourn = samplesOf(result, 'sojourn').latency;
    const { guest } = setup.domains[0].vcpus[0];
    if (guest.name !== 'server') throw new Error('the guest is a server');
    const gap = sampler(guest.arrivals, randomStream(seed, 0, 'server/0/arrivals'));
    const service = sampler(guest.service, randomStream(seed, 0, 'server/0/services'));
    expect(wait).toHaveLength(1e6);
    expect(sojourn).toHaveLength(1e6);
    let expected = 0;
    let differ = 0;
    gap();
    for (let n = 0; n < wait.length; n++) {
      const s = service();
      if (wait[n] !== expected || sojourn[n] !== expected + s) differ++;
      expected = Math.max(0, expected + s - gap());
    }
    expect(differ).toBe(0);
  });
});
