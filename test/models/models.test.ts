import { describe, it } from 'vitest';
import { compareCredit2, compareGrouping, compareNull } from './models.ts';
import { compareArinc653, compareCredit, compareRtds } from './schedulers.ts';

/* Models written anew from Xen's rules decide as the schedulers do. models.slow.test.ts tries many more scenarios. */
describe('an independent model', () => {
  it('of weights, caps and the rate limit of credit2 decides the same', () => {
    compareCredit2(200);
  });

  it('of the runqueues of credit2 has the same groups', () => {
    compareGrouping(200);
  });

  it('of null, its affinities and its pool has the same vCPUs in the same places', () => {
    compareNull(200);
  });

  it('of credit decides the same', () => {
    compareCredit(200);
  });

  it('of rtds decides the same', () => {
    compareRtds(200);
  });

  it('of arinc653 decides the same', () => {
    compareArinc653(200);
  });
});
