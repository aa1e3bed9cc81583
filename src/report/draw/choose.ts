import type { Levels, PageData } from './data.ts';

/**
 * The setting that comes next when a factor is put to a level: that of the cells at that level which agrees with the current one
 * in the most factors. Undefined if no cell has the level.
 */
export function settingWith(
  { cells }: PageData,
  current: Levels,
  factor: number,
  level: string,
): Levels | undefined {
  let best: Levels | undefined;
  let most = -1;
  for (const { levels } of cells) {
    if (levels[factor] !== level) continue;
    // A factor that does not concern a cell stays where it is.
    const next = levels.map((own, i) => (own === '' ? current[i] : own));
    const same = next.filter((own, i) => own === current[i]).length;
    if (same > most) [best, most] = [next, same];
  }
  return best;
}
