import { losesNothing, losesOnlyWhatWasCut } from './interruptions.ts';

losesOnlyWhatWasCut(40);
// Every how manieth file operation is made to fail; FAULT_STRIDE=1 tries all.
losesNothing(Number(process.env.FAULT_STRIDE ?? 6));
