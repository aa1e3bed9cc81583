/**
 * The largest of some values. Math.max of none is below every bound, so that a test of it could not fail.
 * @throws if there is none
 */
export function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}

/**
 * The least of some values.
 * @throws if there is none
 */
export function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}
