import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';

/** A level of each factor. */
export type Setting = ReadonlyMap<string, string>;

/**
 * The setting that plots show where there is room for one: that of the first cell that all factors concern; if there
 * is none, the first level that any cell has.
 */
export function firstSetting(
  { factors }: Experiment,
  results: readonly Pick<CellResult, 'cell'>[],
): Setting {
  const levels = results.map(({ cell }) => cell.levels);
  const missing = (of: Readonly<Record<string, string>>) =>
    factors.filter(({ name }) => !of[name]).length;
  const [fullest] = [...levels].sort((a, b) => missing(a) - missing(b));
  return new Map(
    factors.map(({ name }) => {
      const any = levels.find((of) => of[name]);
      return [name, fullest?.[name] || any?.[name] || ''];
    }),
  );
}

/** Whether a cell is at this setting in all factors that concern it. */
export function isAt(setting: Setting, { cell }: Pick<CellResult, 'cell'>): boolean {
  return [...setting].every(([factor, level]) => ['', level].includes(cell.levels[factor] ?? ''));
}

/** The setting in words: `threshold=512, pcpus=1`. */
export function settingText(setting: Setting): string {
  return [...setting].map(([factor, level]) => `${factor}=${level}`).join(', ');
}
