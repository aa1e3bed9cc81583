import { losesNothing, losesNothingToWorkers, losesOnlyWhatWasCut } from './interruptions.ts';

losesOnlyWhatWasCut(40);
// Every how manieth file operation is made to fail; FAULT_STRIDE=1 tries all.
losesNothing(Number(process.env.FAULT_STRIDE ?? 9));
losesNothingToWorkers(Array.from({ length: 16 }, (_, i) => i + 1));
