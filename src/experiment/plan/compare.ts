import { closest } from '../../input/closest.ts';
import { type Problem, show } from '../../input/problems.ts';
import { type KeyPath, locate, type Node, problemAt } from '../../input/tree.ts';
import type { Validated } from '../../input/validate.ts';
import { domainOf, type LatencyKind } from '../../measure/latency-kinds.ts';
import { cellNamed } from '../schema/expression.ts';
import type { Cell, ComparisonSpec, ExperimentFile } from '../schema/schema.ts';
import type { Factor } from './factors.ts';

/** Finds the factors, levels and cells that `compare` and the questions name; all that are not there are reported. */
export function resolveCompare(
  { compare, measure, questions = [] }: ExperimentFile,
  root: Node,
  baseline: string,
  factors: readonly Factor[],
  cells: readonly Cell[],
): Validated<ComparisonSpec> {
  const problems: Problem[] = [];
  const missing = (path: KeyPath, what: string, name: string, allowed: readonly string[]) => {
    const suggestion = closest(name, allowed);
    const complaint = { message: `there is no ${what} ${show(name)}`, found: show(name) };
    problems.push(
      problemAt(locate(root, path).origin, path, {
        ...complaint,
        allowed: allowed.join(', '),
        ...(suggestion !== undefined && { suggestion }),
      }),
    );
  };
  const along = Object.entries(compare.along ?? {}).map(([factor, written]) => {
    const level = String(written);
    const path = ['compare', 'along', factor];
    const found = factors.find(({ name }) => name === factor);
    const levels = found?.levels.map(({ label }) => label) ?? [];
    if (found === undefined)
      missing(
        path,
        'factor',
        factor,
        factors.map(({ name }) => name),
      );
    else if (!levels.includes(level)) missing(path, `level of ${factor}`, level, levels);
    return { factor, level };
  });
  const ids = cells.map(({ id }) => id);
  const pairs = (compare.pairs ?? []).map((names, p) => {
    const [a, b] = names.map((name, side) => {
      const found = cellNamed(name, ids);
      if (found.ok) return found.value;
      const path = ['compare', 'pairs', p, side];
      problems.push(problemAt(locate(root, path).origin, path, { message: found.message }));
      return '';
    });
    return [a, b] as const;
  });
  const domains = cells[0]?.setup.domains.map(({ name }) => name) ?? [];
  const checkKinds = (path: KeyPath, kinds: readonly LatencyKind[]) => {
    kinds.forEach((kind, k) => {
      const domain = domainOf(kind);
      if (domain === undefined || domains.includes(domain)) return;
      missing([...path, k], 'domain', domain, domains);
    });
  };
  checkKinds(['measure', 'latencies'], measure.latencies);
  questions.forEach((asked, q) => {
    if (!('answers' in asked)) checkKinds(['questions', q, 'kinds'], asked.kinds);
    if ('answers' in asked || asked.along === undefined) return;
    const names = along.map(({ factor }) => factor);
    if (names.includes(asked.along)) return;
    missing(['questions', q, 'along'], 'factor in compare.along called', asked.along, names);
  });
  if (problems.length > 0) return { ok: false, problems };
  const { metrics, margin } = compare;
  return { ok: true, value: { baseline, along, pairs, metrics, margin } };
}
