import { holdSchedulerLaws } from './scheduler-laws.ts';

holdSchedulerLaws(6);
