import { IDLE_DOMAIN } from './xentrace-format.ts';

/**
 * The domain ids under which domains appear in a xentrace file: a domain called `d` and a number has that
 * number (so do those of an imported trace), the others have the smallest numbers that are free, in order.
 */
export function domainIds(names: readonly string[]): number[] {
  const named = names.map((name) => {
    const id = /^d(0|[1-9]\d{0,4})$/.exec(name)?.[1];
    return id !== undefined && Number(id) < IDLE_DOMAIN ? Number(id) : undefined;
  });
  const taken = new Set(named);
  let free = 0;
  return named.map((id) => {
    if (id !== undefined) return id;
    while (taken.has(free)) free++;
    return free++;
  });
}
