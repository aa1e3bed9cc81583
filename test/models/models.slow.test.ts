import { describe, it } from 'vitest';
import { times } from '../fuzzing.ts';
import { compareCredit2, compareGrouping, compareNull } from './models.ts';
import { compareArinc653, compareCredit, compareRtds } from './schedulers.ts';

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

  it('of credit decides the same', () => {
    compareCredit(times(10_000));
  });

  it('of rtds decides the same', () => {
    compareRtds(times(10_000));
  });

  it('of arinc653 decides the same', () => {
    compareArinc653(times(10_000));
  });
});
