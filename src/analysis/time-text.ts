/** A time for people: four significant digits, in ns, us or ms. */
export function timeText(ns: number): string {
  const size = Math.abs(ns);
  if (!Number.isFinite(ns)) return '-';
  if (size < 1000) return `${Number(ns.toPrecision(4))} ns`;
  if (size < 1e6) return `${Number((ns / 1e3).toPrecision(4))} us`;
  return `${Number((ns / 1e6).toPrecision(4))} ms`;
}
