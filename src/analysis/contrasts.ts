import type { CellResult } from '../experiment/outcome.ts';
import type { Cell, Experiment, VerdictQuestion } from '../experiment/schema/schema.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';

/** Two cells that are compared. */
export interface Contrast {
  readonly cell: CellResult;
  readonly baseline: CellResult;
  /** The factor along which they differ; undefined: the policy, or named as a pair. */
  readonly along: string | undefined;
  /** They were named as a pair. */
  readonly isPair: boolean;
}

/**
 * What an experiment compares: each policy with the baseline's cell at the same levels; along each named factor each level
 * with the named one, all else being the same; and the named pairs of cells.
 */
export function contrasts(
  { compare: { baseline, along, pairs } }: Experiment,
  results: readonly CellResult[],
): Contrast[] {
  const byId = new Map(results.map((result) => [result.cell.id, result]));
  const policies = against(
    results,
    results.filter(({ cell }) => cell.policy === baseline),
    ({ policy }) => policy !== baseline,
    (a, b) => sameLevels(a, b, undefined),
  );
  const factors = along.flatMap(({ factor, level }) =>
    against(
      results,
      results.filter(({ cell }) => cell.levels[factor] === level),
      ({ levels }) => levels[factor] !== level && levels[factor] !== '',
      (a, b) => a.policy === b.policy && sameLevels(a, b, factor),
    ).map((contrast) => ({ ...contrast, along: factor })),
  );
  const named = pairs.flatMap(([a, b]) => {
    const [cell, other] = [byId.get(a), byId.get(b)];
    if (cell === undefined || other === undefined) return [];
    return [{ cell, baseline: other, along: undefined, isPair: true }];
  });
  return [...policies, ...factors, ...named];
}

function against(
  results: readonly CellResult[],
  baselines: readonly CellResult[],
  isCompared: (cell: Cell) => boolean,
  belong: (cell: Cell, baseline: Cell) => boolean,
): Contrast[] {
  return results.flatMap((cell) => {
    if (!isCompared(cell.cell)) return [];
    return baselines
      .filter((baseline) => belong(cell.cell, baseline.cell))
      .map((baseline) => ({ cell, baseline, along: undefined, isPair: false }));
  });
}

/** All factors that concern both, but `free`, are at the same level. */
function sameLevels(a: Cell, b: Cell, free: string | undefined): boolean {
  return Object.entries(a.levels).every(
    ([factor, level]) =>
      factor === free || level === '' || b.levels[factor] === '' || b.levels[factor] === level,
  );
}

/** Whether a question is answered by a comparison. */
export function isAbout(
  { policy, along, cells, kinds }: VerdictQuestion,
  compared: Contrast & { readonly kind: LatencyKind },
): boolean {
  const { cell } = compared.cell;
  const isAsked =
    along !== undefined
      ? compared.along === along && (policy === undefined || cell.policy === policy)
      : policy !== undefined
        ? compared.along === undefined && !compared.isPair && cell.policy === policy
        : compared.isPair;
  return isAsked && cell.id.includes(cells) && kinds.includes(compared.kind);
}

/** The number of the first question that a comparison answers; -1: none. */
export function questionOf(
  { questions }: Experiment,
  compared: Contrast & { readonly kind: LatencyKind },
): number {
  return questions.findIndex((asked) => !('answers' in asked) && isAbout(asked, compared));
}
