/** A time for people: four significant digits, or `digits`, in ns, us or ms. */
export function timeText(ns: number, digits = 4): string {
  const size = Math.abs(ns);
  if (!Number.isFinite(ns)) return '-';
  if (size < 1000) return `${Number(ns.toPrecision(digits))} ns`;
  if (size < 1e6) return `${Number((ns / 1e3).toPrecision(digits))} us`;
  return `${Number((ns / 1e6).toPrecision(digits))} ms`;
}

/** A whole number for people: its thousands apart. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
