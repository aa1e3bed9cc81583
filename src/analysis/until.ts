import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import type { Interval } from '../stats/interval.ts';
import { type StoppingDecision, stoppingDecision } from '../stats/stopping.ts';
import { timeText } from './time-text.ts';
import { intervalText, Values } from './values.ts';

/** The spread of fewer replications is often small by chance. */
const AT_LEAST = 8;

/** Whether a study that adds replications has enough, and what of it is known least. */
export interface UntilState {
  readonly decision: StoppingDecision;
  /** For people. */
  readonly text: string;
}

/** undefined: the study adds no replications. Cells without any value count as known. */
export function untilState(
  experiment: Experiment,
  results: readonly CellResult[],
): UntilState | undefined {
  const { until, replications } = experiment;
  if (until === undefined) return undefined;
  const { metric, quantity, halfWidth, atMost } = until;
  const values = new Values(results);
  const found = results
    .map(({ cell }) => ({ id: cell.id, interval: values.of(cell.id, quantity) }))
    .filter(({ interval }) => interval.n > 0);
  const wanted = (value: number) =>
    Math.max(halfWidth.absolute, halfWidth.relative * Math.abs(value));
  // Each in the unit of what is wanted of it, so that one rule serves all.
  const scaled = found.map(({ interval }) => inUnitsOf(wanted(interval.estimate), interval));
  const widths = scaled.map(({ lo, hi }) => (Number.isNaN(hi - lo) ? Infinity : hi - lo));
  const widest = found[widths.indexOf(Math.max(...widths))];
  // Replications of a cell without samples tell no spread, but they have been done.
  const done = scaled.map((interval) => ({ ...interval, n: replications }));
  const rule = {
    width: 2 * (1 + Number.EPSILON),
    atLeast: Math.min(AT_LEAST, atMost),
    atMost,
  };
  const decision = done.length === 0 ? 'exhausted' : stoppingDecision(rule, done);
  const aim =
    halfWidth.absolute > 0 ? timeText(halfWidth.absolute) : `${100 * halfWidth.relative} % of it`;
  const state = decision === 'reached' ? 'reached' : 'not reached';
  const least =
    widest && `; known least in ${widest.id}: ${intervalText(widest.interval, quantity)}`;
  const text = `Replications are added until ${metric} of every cell is known to ±${aim}, at most ${atMost}: ${state} with ${replications}${least ?? ''}.`;
  return { decision, text };
}

function inUnitsOf(unit: number, { estimate, lo, hi, n }: Interval): Interval {
  // What is 0 for certain is known, whatever part of it is asked for.
  if (unit === 0) return { estimate: 0, lo: hi - lo === 0 ? 0 : Number.NaN, hi: 0, n };
  return { estimate: estimate / unit, lo: lo / unit, hi: hi / unit, n };
}
