import { describe, it } from 'vitest';
import { times } from '../fuzzing.ts';
import { compareCredit2, compareGrouping, compareNull } from './models.ts';

describe('an independent model, on 10,000 scenarios each,', () => {
  it('of weights, caps and the rate limit of credit2 decides the same', () => {
    compareCredit2(times(10_000));
  });

  it('of the runqueues of credit2 has the same groups', () => {
    compareGrouping(times(10_000));
  });

  it('of null, its affinities and its pool has the same vCPUs in the same places', () => {
    compareNull(times(10_000));
  });
});
