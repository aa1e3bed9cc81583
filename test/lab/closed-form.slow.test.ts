import { it } from 'vitest';
import { DARIO, holdClosedForm } from './closed-form.ts';

// What closed-form.test.ts leaves out.
it('the closed form is what the simulator gives: the main study, other costs', () => {
  const sets = { 'machine.costs': 'm400-xgene', 'machine.scheduler.ratelimit': '0' };
  holdClosedForm(DARIO, sets, 64);
});
