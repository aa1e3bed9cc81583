import { parseDuration, parseFrequency, parsePercent, parseSize } from '../../input/units.ts';

/** Levels of a factor in the order of their numbers, if all of them are numbers of one unit; else as they are. */
export function inNumericOrder(levels: readonly string[]): string[] {
  for (const numberIn of [plain, ...PARSERS]) {
    const values = new Map(levels.map((level) => [level, numberIn(level)]));
    if ([...values.values()].some((value) => value === undefined)) continue;
    return [...levels].sort((a, b) => (values.get(a) ?? 0) - (values.get(b) ?? 0));
  }
  return [...levels];
}

const PARSERS = [parseDuration, parseSize, parseFrequency, parsePercent].map(
  (parse) => (level: string) => {
    // Zero has no unit.
    if (level === '0') return 0;
    const parsed = parse(level);
    return parsed.ok ? parsed.value : undefined;
  },
);

function plain(level: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(level) ? Number(level) : undefined;
}
