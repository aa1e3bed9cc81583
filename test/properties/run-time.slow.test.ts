import { holdRunTimeLaws } from './run-time.ts';

holdRunTimeLaws(30);
