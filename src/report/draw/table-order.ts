const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/**
 * The order of cells of a table's column: times and other numbers by what they are, texts behind them by their letters, equal ones
 * as they stand, empty ones last.
 * @returns their numbers
 */
export function orderOf(texts: readonly string[], isDown: boolean): number[] {
  const keys = texts.map((text) => ({ text, value: numberIn(text) }));
  const sign = isDown ? -1 : 1;
  return keys
    .map((_, i) => i)
    .sort((i, j) => {
      const [a, b] = [keys[i], keys[j]];
      const ranks = rankOf(a) - rankOf(b);
      if (ranks !== 0) return ranks;
      const byValue = sign * (a.value - b.value);
      if (!Number.isNaN(byValue)) return byValue || i - j;
      return sign * (a.text < b.text ? -1 : Number(a.text > b.text)) || i - j;
    });
}

function rankOf({ text, value }: { text: string; value: number }): number {
  if (text === '' || text === '-') return 2;
  return Number.isNaN(value) ? 1 : 0;
}

/** A number at the beginning of a text, with its unit of time; NaN if there is none. */
function numberIn(text: string): number {
  const found = /^(?:at least )?([+-]?\d[\d.]*(?:e[+-]?\d+)?)(?:\s(ns|us|ms|s))?(?![\w/-])/.exec(
    text,
  );
  return found === null ? Number.NaN : Number(found[1]) * (UNITS[found[2]] ?? 1);
}
