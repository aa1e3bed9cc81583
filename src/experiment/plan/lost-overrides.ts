import { type Problem, show } from '../../input/problems.ts';
import { problemAt } from '../../input/tree.ts';
import type { Factor } from './factors.ts';
import type { Assignment } from './overrides.ts';

/** What is set by `--set`, and by a factor again: the factor would win, as it comes later, so it is refused. */
export function lostOverrides(
  overrides: readonly Assignment[],
  factors: readonly Factor[],
): Problem[] {
  return overrides.flatMap(({ target, origin }) => {
    const by = factors.find(({ levels }) =>
      levels.some(({ assignments }) => assignments.some((other) => covers(other.target, target))),
    );
    if (by === undefined) return [];
    const message = `${show(target)} has no effect: the factor ${show(by.name)} sets it, or what it is part of`;
    const allowed = `a path that no factor sets; or choose cells by --filter, or change the levels of ${by.name} in the file`;
    return [problemAt(origin, [], { message, allowed })];
  });
}

/** `path` is what the factor's `target` sets, or part of it. A factor's `policy.` is that of every policy. */
function covers(target: string, path: string): boolean {
  const ours = path.split('.');
  const theirs = target.split('.');
  const [top] = theirs;
  if (top === 'policy' && ours[0] === 'policies') {
    return theirs.slice(1).every((part, i) => ours[i + 2] === part);
  }
  return theirs.every((part, i) => ours[i] === part);
}
