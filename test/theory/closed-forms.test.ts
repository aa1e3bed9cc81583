import { type Check, holdClosedForms } from './closed-forms.ts';

// One or two of each kind, those that take least time; the others are in closed-forms.slow.test.ts.

const CHECKS: readonly Check[] = [
  ['01-chunk', 'chunk=constant', 'wait', 'mean', 50e3],
  ['01-chunk', 'chunk=constant', 'wait', 'p99', 99e3],
  ['01-chunk', 'chunk=mixture', 'wait', 'mean', 162.5e3],
  ['01-chunk', 'chunk=mixture', 'wait', 'p90', 450e3],
  ['01-chunk', 'chunk=mixture', 'wait', 'p99', 540e3],
  ['06-mmc', 'pcpus=2', 'wait', 'mean', 1777.778],
  ['11-processor-sharing', 'timeslice=1s/service=mixture', 'sojourn', 'mean', 3437.5],
];

holdClosedForms(CHECKS);
