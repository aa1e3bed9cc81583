import { counted } from '../../input/counted.ts';
import { type Problem, problemKey } from '../../input/problems.ts';
import { countNodes, locate, type Node, problemAt } from '../../input/tree.ts';
import type { Design } from '../schema/design-schema.ts';
import type { Cell, Measure } from '../schema/schema.ts';
import type { ProfileSource } from './cost-profile.ts';
import { type Choice, choices, countChoices, nameChoice } from './design.ts';
import type { Factor, Level } from './factors.ts';
import { namesOfJobs } from './jobs.ts';
import { assign, concerns, isForPolicies, policyNames } from './overrides.ts';
import { Resolver } from './resolve.ts';

/** More factors than anybody has, and few enough to combine them one by one. */
const FACTORS_MAX = 100;
/** Most cells of an experiment. */
const CELLS_MAX = 10_000;
/** Most values in the files of all cells together: bounds the work on hostile files. */
const VALUES_MAX = 3_000_000;
/** Findings in cells that are looked at; the same one in several cells counts several times. */
const FINDINGS_MAX = 200_000;

/** What cells are made of: the file's tree, its factors, and what is the same in all cells. */
export interface Draft {
  readonly root: Node;
  readonly factors: readonly Factor[];
  readonly design: Design;
  readonly measure: Measure;
  readonly profiles: ProfileSource;
}

/** The cells that are right, and what is wrong with the others. */
export interface Plan {
  readonly cells: readonly Cell[];
  readonly problems: readonly Problem[];
}

/** A cell before it is resolved: the file's tree with its levels set. */
interface Sketch {
  readonly policy: string;
  /** Labels of the levels, by factor. */
  readonly levels: ReadonlyMap<string, string>;
  readonly id: string;
  readonly root: Node;
  /** Levels that could not be set after those of earlier factors. */
  readonly problems: readonly Problem[];
}

/**
 * Plans the cells: for each policy (outermost) the combinations of levels that the design has, factors in file order. A
 * factor that sets only `policy.` values concerns the policies that have them; for others its level is empty.
 * Every cell is checked; a problem that only some levels cause names them.
 * @param known keys of problems that were reported already.
 */
export function planCells(draft: Draft, known: ReadonlySet<string> = new Set()): Plan {
  const tooMany = exceeded(draft);
  if (tooMany !== undefined) return { cells: [], problems: [tooMany] };
  const resolver = new Resolver(draft.measure, draft.profiles, namesOfJobs(draft.root));
  const findings = new Findings(draft.factors, known);
  const cells: Cell[] = [];
  let count = 0;
  for (const sketch of sketches(draft)) {
    // Enough is wrong to be told; the cells are not asked for any more.
    if (findings.isFull()) break;
    if (++count > CELLS_MAX) return { cells: [], problems: [tooManyCells(draft.root, 'more')] };
    const { policy, levels } = sketch;
    const setup = resolver.resolve(sketch.root, policy);
    findings.add(sketch.problems, levels);
    if (!setup.ok) findings.add(setup.problems, levels);
    else
      cells.push({
        id: sketch.id,
        policy,
        levels: levelRecord(draft, sketch),
        setup: setup.value,
      });
  }
  return { cells, problems: findings.problems() };
}

function levelRecord({ factors }: Draft, { levels }: Sketch): Record<string, string> {
  return Object.fromEntries(factors.map(({ name }) => [name, levels.get(name) ?? '']));
}

function* sketches({ root, factors, design }: Draft): Generator<Sketch> {
  for (const policy of policyNames(root)) {
    const concerned = factors.filter((factor) => concernsPolicy(factor, root, policy));
    for (const choice of choices(concerned, design)) {
      const isStar = design.name === 'star';
      yield sketchOf(
        policy,
        choice,
        isStar,
        [policy, ...nameChoice(choice, design)].join('/'),
        root,
      );
    }
  }
}

function sketchOf(policy: string, choice: Choice, isStar: boolean, id: string, root: Node): Sketch {
  let sketch: Sketch = { policy, levels: new Map(), id, root, problems: [] };
  // What differs from a star's base is set last, so that no level of the base sets it back.
  const isFirst = ([{ levels }, level]: readonly [Factor, Level]) => level === levels[0];
  const all = [...choice];
  const inOrder = isStar ? [...all.filter(isFirst), ...all.filter((one) => !isFirst(one))] : all;
  for (const [{ name }, level] of inOrder) sketch = setLevel(sketch, name, level);
  return sketch;
}

function concernsPolicy(factor: Factor, root: Node, name: string): boolean {
  const policy = locate(root, ['policies', name]).node;
  return factor.levels.some(({ assignments }) =>
    assignments.some(
      (assignment) =>
        !isForPolicies(assignment) || (policy !== undefined && concerns(assignment, policy)),
    ),
  );
}

function setLevel(sketch: Sketch, factor: string, level: Level): Sketch {
  const problems = [...sketch.problems];
  let { root } = sketch;
  for (const assignment of level.assignments) {
    const result = assign(root, assignment, [sketch.policy]);
    if (result.ok) root = result.root;
    // A level may set values of policies and others; this policy may not have the former.
    else if (!isForPolicies(assignment)) {
      problems.push(problemAt(assignment.origin, ['factors', factor], result.complaint));
    }
  }
  return { ...sketch, levels: new Map(sketch.levels).set(factor, level.label), root, problems };
}

function exceeded({ root, factors, design }: Draft): Problem | undefined {
  if (factors.length > FACTORS_MAX) {
    const allowed = `at most ${FACTORS_MAX}`;
    const found = String(factors.length);
    const message = `there are too many factors: expected ${allowed}, found ${found}`;
    return problemAt(factorsOrigin(root), ['factors'], { message, found, allowed });
  }
  const count = policyNames(root).reduce((sum, policy) => {
    const concerned = factors.filter((factor) => concernsPolicy(factor, root, policy));
    return sum + countChoices(concerned, design, CELLS_MAX);
  }, 0);
  if (count === Number.POSITIVE_INFINITY) return tooManyCells(root, 'more');
  if (count > CELLS_MAX) return tooManyCells(root, count > 1e9 ? 'more than 10^9' : String(count));
  const written = locate(root, ['factors']).node;
  const values = countNodes(root) - (written === undefined ? 0 : countNodes(written));
  if (count * values <= VALUES_MAX) return undefined;
  const message = `${counted(count, 'cell')} of ${counted(values, 'value')} each are too many`;
  return problemAt(factorsOrigin(root), ['factors'], { message });
}

function tooManyCells(root: Node, found: string) {
  const allowed = `at most ${CELLS_MAX} cells`;
  const message = `policies and factors make too many cells: expected ${allowed}, found ${found}`;
  return problemAt(factorsOrigin(root), ['factors'], { message, found, allowed });
}

function factorsOrigin(root: Node) {
  const entry = root.kind === 'mapping' ? root.entries.get('factors') : undefined;
  return entry?.keyOrigin ?? root.origin;
}

/** Collects the problems of cells and finds out which levels they go with. */
class Findings {
  private readonly factors: readonly Factor[];
  private readonly known: ReadonlySet<string>;
  private readonly found = new Map<
    string,
    { problem: Problem; cells: ReadonlyMap<string, string>[] }
  >();
  private count = 0;

  constructor(factors: readonly Factor[], known: ReadonlySet<string>) {
    this.factors = factors;
    this.known = known;
  }

  add(problems: readonly Problem[], levels: ReadonlyMap<string, string>): void {
    for (const problem of problems) {
      if (++this.count > FINDINGS_MAX) return;
      const key = problemKey(problem);
      const finding = this.found.get(key);
      if (finding !== undefined) finding.cells.push(levels);
      else if (!this.known.has(key)) this.found.set(key, { problem, cells: [levels] });
    }
  }

  isFull(): boolean {
    return this.count > FINDINGS_MAX;
  }

  problems(): Problem[] {
    return [...this.found.values()].map(({ problem, cells }) => {
      // If not all cells were looked at, nobody knows which levels it goes with.
      const causes = this.isFull() ? [] : this.factors.flatMap((factor) => cause(factor, cells));
      if (causes.length === 0) return problem;
      return { ...problem, message: `${problem.message} (at ${causes.join(', ')})` };
    });
  }
}

/** The levels of a factor that a problem goes with, if not with all of them. */
function cause(factor: Factor, cells: readonly ReadonlyMap<string, string>[]): string[] {
  const labels = new Set(cells.map((levels) => levels.get(factor.name)));
  labels.delete(undefined);
  if (labels.size === 0 || (labels.size === factor.levels.length && labels.size > 1)) return [];
  const shown = [...labels].slice(0, 3).join('|');
  return [`${factor.name}=${shown}${labels.size > 3 ? '|...' : ''}`];
}
