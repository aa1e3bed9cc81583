import { type Check, holdClosedForms } from './closed-forms.ts';

// One or two of each kind, those that take least time; the others are in closed-forms.slow.test.ts.

const LN_100 = Math.log(100);
const CHECKS: readonly Check[] = [
  ['01-chunk', 'chunk=constant', 'wait', 'mean', 50e3],
  ['01-chunk', 'chunk=constant', 'wait', 'p99', 99e3],
  ['01-chunk', 'chunk=exponential', 'wait', 'mean', 100e3],
  ['01-chunk', 'chunk=exponential', 'wait', 'p99', 100e3 * LN_100],
  ['01-chunk', 'chunk=mixture', 'wait', 'mean', 162.5e3],
  ['01-chunk', 'chunk=mixture', 'wait', 'p90', 450e3],
  ['01-chunk', 'chunk=mixture', 'wait', 'p99', 540e3],
  ['04-mm1', 'load=0.8', 'wait', 'mean', 4000],
  ['04-mm1', 'load=0.8', 'sojourn', 'p99', 5000 * LN_100],
  ['06-mmc', 'pcpus=2', 'wait', 'mean', 1777.778],
  ['11-processor-sharing', 'timeslice=1s/service=mixture', 'sojourn', 'mean', 3437.5],
];

holdClosedForms(CHECKS);
