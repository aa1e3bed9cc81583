import type { Verdict } from '../../stats/equivalence.ts';
import type { Shape } from './svg.ts';

/** A series of a chart, as its legend shows it. */
export interface Series {
  /** What switches it: marks are in groups of the class `s-KEY`. */
  readonly key: string;
  readonly name: string;
  /** Any CSS colour. */
  readonly color: string;
  /** A sign that tells it apart without colour. */
  readonly sign: string;
  /** How its line is dashed, if it has one. */
  readonly dash?: string;
}

/** Colours are variables of the style sheet. */
const COLORS = 10;
const SIGNS = ['●', '▲', '■', '◆', '✚', '★', '▼'] as const;
/** The same, hollow. */
const HOLLOW_SIGNS = ['○', '△', '□', '◇', '✛', '☆', '▽'] as const;
const SHAPES = ['circle', 'triangle', 'square', 'diamond', 'cross', 'star', 'wedge'] as const;
const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '12 4', '4 2', '1 2'] as const;

/** A policy as a series. */
export interface PolicySeries extends Series {
  readonly shape: Shape;
  readonly fill: string;
  readonly dash: string;
}

/**
 * How policy number `i` is drawn: the first 14 have a shape each, which is hollow from the eighth; the first 70 differ
 * in shape or colour.
 */
export function policySeries(name: string, i: number): PolicySeries {
  const turn = i % SHAPES.length;
  const color = `var(--s${i % COLORS})`;
  const isHollow = i % (2 * SHAPES.length) >= SHAPES.length;
  return {
    key: String(i),
    name,
    color,
    sign: (isHollow ? HOLLOW_SIGNS : SIGNS)[turn],
    shape: SHAPES[turn],
    fill: isHollow ? 'var(--back)' : color,
    dash: DASHES[turn],
  };
}

/** How each verdict is drawn: told apart by mark as well as by colour. */
export const VERDICTS: Readonly<
  Record<Verdict, { readonly color: string; readonly sign: string; readonly shape: Shape }>
> = {
  worse: { color: 'var(--worse)', sign: '▲', shape: 'triangle' },
  better: { color: 'var(--better)', sign: '▼', shape: 'wedge' },
  equivalent: { color: 'var(--equivalent)', sign: '●', shape: 'circle' },
  undecided: { color: 'var(--undecided)', sign: '✚', shape: 'cross' },
};

/** All verdicts, in the order of legends. */
export const VERDICT_NAMES = ['worse', 'better', 'equivalent', 'undecided'] as const;

/** Verdicts as series of a legend. */
export const VERDICT_SERIES: readonly Series[] = VERDICT_NAMES.map((name) => ({
  key: name,
  name,
  ...VERDICTS[name],
}));
