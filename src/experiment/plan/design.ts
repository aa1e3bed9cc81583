import { closest } from '../../input/closest.ts';
import { type Problem, show } from '../../input/problems.ts';
import { locate, type Node, problemAt } from '../../input/tree.ts';
import type { Design } from '../schema/design-schema.ts';
import type { Factor, Level } from './factors.ts';

/** A level of each of some factors. */
export type Choice = ReadonlyMap<Factor, Level>;

/** The combinations of levels that are cells, the last factor fastest. */
export function* choices(factors: readonly Factor[], design: Design): Generator<Choice> {
  yield* choose(new Map(), factors, design, []);
}

function* choose(
  chosen: Choice,
  [factor, ...rest]: readonly Factor[],
  design: Design,
  changed: readonly string[],
): Generator<Choice> {
  if (factor === undefined) {
    yield chosen;
    return;
  }
  for (const [index, level] of factor.levels.entries()) {
    const now = index === 0 ? changed : [...changed, factor.name];
    if (allows(design, now)) yield* choose(new Map(chosen).set(factor, level), rest, design, now);
  }
}

/** Whether some factors may differ from their first level together. */
function allows(design: Design, changed: readonly string[]): boolean {
  if (design.name === 'product' || changed.length <= 1) return true;
  return design.interactions.some((together) => changed.every((name) => together.includes(name)));
}

/** How many combinations there are; Infinity if more than `most`, which are not gone through. */
export function countChoices(factors: readonly Factor[], design: Design, most: number): number {
  if (design.name === 'product') {
    return factors.reduce((product, { levels }) => product * levels.length, 1);
  }
  let count = 0;
  for (const _ of choices(factors, design)) if (++count > most) return Number.POSITIVE_INFINITY;
  return count;
}

/** What names a combination in a cell's id: all levels; of a star those that are not the first, or `base`. */
export function nameChoice(choice: Choice, design: Design): string[] {
  const named = [...choice].filter(
    ([{ levels }, level]) => design.name === 'product' || level !== levels[0],
  );
  if (design.name === 'star' && named.length === 0) return ['base'];
  return named.map(([factor, level]) => `${factor.name}=${level.label}`);
}

/** Interactions of factors that there are not. */
export function checkDesign(design: Design, factors: readonly Factor[], root: Node): Problem[] {
  if (design.name === 'product') return [];
  const names = factors.map(({ name }) => name);
  return design.interactions.flatMap((together, i) =>
    together.flatMap((name, j) => {
      if (names.includes(name)) return [];
      const path = ['design', 'interactions', i, j];
      const suggestion = closest(name, names);
      const complaint = {
        message: `there is no factor ${show(name)}`,
        found: show(name),
        allowed: names.length === 0 ? 'the file has no factors' : names.join(', '),
      };
      return problemAt(locate(root, path).origin, path, {
        ...complaint,
        ...(suggestion !== undefined && { suggestion }),
      });
    }),
  );
}
