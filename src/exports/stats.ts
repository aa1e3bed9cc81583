/** Statistics: numbers in, numbers out. */
export { type BootstrapOptions, bcaInterval } from '../stats/bootstrap.ts';
export { replicationsNeeded, type Verdict, verdict, verdictP } from '../stats/equivalence.ts';
export { HISTOGRAM_ERROR_MAX, Histogram } from '../stats/histogram.ts';
export { holm } from '../stats/holm.ts';
export { type Interval, meanInterval } from '../stats/interval.ts';
export { type PairedDifference, pairedDifference } from '../stats/paired.ts';
export { type Summary, summarise } from '../stats/quantiles.ts';
export { hodgesLehmann, mannWhitney, type RankTest, shiftInterval } from '../stats/rank.ts';
export { type StoppingDecision, type StoppingRule, stoppingDecision } from '../stats/stopping.ts';
export { type Stratum, stratificationGain, stratifiedMean } from '../stats/strata.ts';
export { studentTCdf, studentTQuantile } from '../stats/student-t.ts';
export { warmUpLength } from '../stats/warm-up.ts';
