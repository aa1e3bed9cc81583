import type { Experiment } from '../experiment/schema/schema.ts';
import { type ParsedAmount, parseDuration, parseFrequency, parseSize } from '../input/units.ts';

/** The levels of a factor that are amounts with a unit, as numbers in a column of their own. */
export interface LevelNumbers {
  readonly factor: string;
  /** The factor's name with the unit behind it. */
  readonly column: string;
  readonly unit: LevelUnit;
  /** By label; a level that is none has no entry. */
  readonly values: ReadonlyMap<string, number>;
}

/** What can stand behind a factor's name. */
export const LEVEL_UNITS = ['ns', 'bytes', 'hz'] as const;
type LevelUnit = (typeof LEVEL_UNITS)[number];

const PARSERS: Readonly<Record<LevelUnit, (label: string) => ParsedAmount>> = {
  ns: parseDuration,
  bytes: parseSize,
  hz: parseFrequency,
};

/**
 * For tools that cannot read `64MiB`: a column of numbers for each factor of which some level is called by an amount. Levels called otherwise are
 * empty there. Factors whose levels are numbers as they stand, or of two units, have none.
 */
export function levelNumbers({ factors }: Pick<Experiment, 'factors'>): LevelNumbers[] {
  return factors.flatMap(({ name, levels }) => {
    const found = LEVEL_UNITS.flatMap((unit) => {
      const values = new Map<string, number>();
      for (const label of levels) {
        const amount = PARSERS[unit](label);
        if (amount.ok) values.set(label, amount.value);
      }
      // 0 needs no unit, and so shows none.
      const isShown = [...values.values()].some((value) => value !== 0);
      return isShown ? [{ factor: name, column: `${name}_${unit}`, unit, values }] : [];
    });
    return found.length === 1 ? found : [];
  });
}
