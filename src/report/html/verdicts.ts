import type { Verdict } from '../../stats/equivalence.ts';

/** How each verdict is drawn: told apart by mark as well as by colour. */
export const VERDICTS: Readonly<
  Record<
    Verdict,
    {
      readonly color: string;
      readonly sign: string;
      readonly symbol: 'circle' | 'triangle' | 'cross';
      /** By which the symbol is turned [degrees]. */
      readonly rotate: number;
    }
  >
> = {
  worse: { color: 'var(--worse)', sign: '▲', symbol: 'triangle', rotate: 0 },
  better: { color: 'var(--better)', sign: '▼', symbol: 'triangle', rotate: 180 },
  equivalent: { color: 'var(--equivalent)', sign: '●', symbol: 'circle', rotate: 0 },
  undecided: { color: 'var(--undecided)', sign: '✚', symbol: 'cross', rotate: 0 },
};

/** All verdicts, in the order of legends. */
export const VERDICT_NAMES = ['worse', 'better', 'equivalent', 'undecided'] as const;

/** Verdicts as series of a legend. */
export const VERDICT_SERIES = VERDICT_NAMES.map((name) => ({ key: name, name, ...VERDICTS[name] }));
