import { closest } from '../../input/closest.ts';
import { type Problem, problemKey, show, sortProblems } from '../../input/problems.ts';
import {
  fromPlain,
  locate,
  type MappingNode,
  makeSource,
  type Node,
  problemAt,
} from '../../input/tree.ts';
import { type Validated, validate } from '../../input/validate.ts';
import { parseTree } from '../../input/yaml-tree.ts';
import { type Design, designSchema } from '../schema/design-schema.ts';
import { DEFAULT_POLICIES } from '../schema/policy-schema.ts';
import { readQuestions } from '../schema/questions.ts';
import { type Experiment, experimentSchema } from '../schema/schema.ts';
import { readUntil } from '../schema/until.ts';
import { resolveCompare } from './compare.ts';
import type { ProfileSource } from './cost-profile.ts';
import { checkDesign } from './design.ts';
import { readFactors } from './factors.ts';
import { namesOfJobs } from './jobs.ts';
import { lostOverrides } from './lost-overrides.ts';
import { type Assignment, assign, policyNames } from './overrides.ts';
import { planCells } from './plan.ts';

/** A checked experiment, or everything that is wrong with its file, sorted by position. */
export type LoadResult =
  | { readonly ok: true; readonly experiment: Experiment }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Checks the text of an experiment, with all its cells. Never throws on wrong input.
 * @param file - its name in messages
 * @param profiles - where the cost profiles that it names come from
 * @param overrides - `path=value` each, applied in order, before the factors
 */
export function readExperiment(
  file: string,
  text: string,
  profiles: ProfileSource,
  overrides: readonly string[] = [],
): LoadResult {
  const source = makeSource(file, text);
  const parsed = parseTree(source);
  const problems = [...parsed.problems];
  if (parsed.root === undefined) {
    if (problems.length > 0) return fail(problems);
    return fail([problemAt({ source, offset: 0 }, [], { message: 'the file is empty' })]);
  }
  const overridden = override(withDefaults(parsed.root), overrides);
  const { root, problems: overrideProblems } = overridden;
  problems.push(...overrideProblems);
  const checked = validate(experimentSchema, root, []);
  if (!checked.ok) problems.push(...checked.problems);
  problems.push(...policyProblems(root));
  if (checked.ok && checked.value.measure.warmUp >= checked.value.duration) {
    const path = ['measure', 'warm_up'];
    const message = 'nothing is measured: the warm-up is not shorter than the duration';
    problems.push(problemAt(locate(root, path).origin, path, { message }));
  }
  // Cells of factors that are wrong themselves would only repeat what is said already.
  const factorsAreSound = !problems.some(({ path }) => /^factors(\.|$)/.test(path));
  const { factors, problems: factorProblems } = factorsAreSound
    ? readFactors(root)
    : { factors: [], problems: [] };
  problems.push(...factorProblems, ...lostOverrides(overridden.assignments, factors));
  if (!factorsAreSound || factorProblems.length > 0) return fail(problems);
  const measure = checked.ok ? checked.value.measure : { latencies: [], samples: false, warmUp: 0 };
  const used = new Map<string, string>();
  const design = designOf(root);
  problems.push(...checkDesign(design, factors, root));
  const draft = { root, factors, design, measure, profiles: noting(profiles, used) };
  const plan = planCells(draft, new Set(problems.map(problemKey)));
  problems.push(...plan.problems);
  if (!checked.ok || problems.length > 0) return fail(problems);
  const { question, limits = '', seed, replications } = checked.value;
  const policies = policyNames(root);
  const baseline = checked.value.compare.baseline ?? policies[0];
  const compare = resolveCompare(checked.value, root, baseline, factors, plan.cells);
  const questions = readQuestions(checked.value.questions ?? [], root, plan.cells);
  const wrong = [compare, questions].flatMap(problemsOf);
  const domains = plan.cells[0]?.setup.domains.map(({ name }) => name) ?? [];
  const jobs = namesOfJobs(root);
  const until = readUntil(checked.value.until, { root, replications, domains, jobs }, wrong);
  if (!questions.ok || !compare.ok || wrong.length > 0) return fail(wrong);
  const experiment: Experiment = {
    file,
    text,
    overrides,
    profiles: Object.fromEntries([...used].sort(([a], [b]) => (a < b ? -1 : 1))),
    question: question.trim(),
    limits: limits.trim(),
    seed,
    replications,
    ...(until && { until }),
    measure,
    compare: compare.value,
    questions: questions.value,
    jobs,
    policies,
    factors: factors.map(({ name, levels }) => ({
      name,
      levels: levels.map(({ label }) => label),
    })),
    cells: plan.cells,
    cellsOfFile: plan.cells.length,
  };
  return { ok: true, experiment };
}

/** Which cells a file asks for, whatever else is wrong with it; of a design that is wrong itself, as few as there can be. */
function designOf(root: Node): Design {
  if (locate(root, ['design']).node === undefined) return { name: 'product' };
  const found = validate(designSchema, root, ['design']);
  return found.ok ? found.value : { name: 'star', interactions: [] };
}

function problemsOf(part: Validated<unknown>): readonly Problem[] {
  return part.ok ? [] : part.problems;
}

/** `profiles`, noting the text of each that is read. */
function noting(profiles: ProfileSource, used: Map<string, string>): ProfileSource {
  return {
    read(name) {
      const found = profiles.read(name);
      if ('source' in found) used.set(name, found.source.text);
      return found;
    },
  };
}

/** Refuses an experiment. */
export function fail(problems: readonly Problem[]): LoadResult {
  return { ok: false, problems: sortProblems(problems) };
}

/** Adds the parts that every cell needs and a file may leave out. */
function withDefaults(root: Node): Node {
  if (root.kind !== 'mapping') return root;
  const added = { machine: {}, policies: DEFAULT_POLICIES };
  const { entries } = fromPlain(added, root.origin) as MappingNode;
  const missing = [...entries].filter(([key]) => !root.entries.has(key));
  return { ...root, entries: new Map([...root.entries, ...missing]) };
}

function override(
  root: Node,
  overrides: readonly string[],
): { root: Node; problems: Problem[]; assignments: Assignment[] } {
  const problems: Problem[] = [];
  const assignments: Assignment[] = [];
  for (const written of overrides) {
    const assignment = parseOverride(written);
    if ('problems' in assignment) {
      problems.push(...assignment.problems);
      continue;
    }
    const result = assign(root, assignment, policyNames(root));
    if (!result.ok) problems.push(problemAt(assignment.origin, [], result.complaint));
    else {
      root = result.root;
      assignments.push(assignment);
    }
  }
  return { root, problems, assignments };
}

function parseOverride(written: string): Assignment | { readonly problems: readonly Problem[] } {
  const equals = written.indexOf('=');
  const source = makeSource(`--set ${written}`, written.slice(equals + 1), false);
  const origin = { source, offset: 0 };
  if (equals < 1) {
    const message = 'expected path=value, such as machine.pcpus=2';
    return { problems: [problemAt(origin, [], { message })] };
  }
  const { root, problems } = parseTree(source);
  if (problems.length > 0) return { problems };
  const value = root ?? fromPlain(null, origin);
  return { target: written.slice(0, equals).trim(), origin, value };
}

function policyProblems(root: Node): Problem[] {
  const asked = locate(root, ['questions']).node;
  const questions = asked?.kind === 'list' ? asked.items.length : 0;
  const paths = [
    ['compare', 'baseline'],
    ...Array.from({ length: questions }, (_, i) => ['questions', String(i), 'policy']),
  ];
  return paths.flatMap((path) => policyProblem(root, path) ?? []);
}

function policyProblem(root: Node, path: readonly string[]): Problem | undefined {
  const { node, origin } = locate(root, path);
  const names = policyNames(root);
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
  if (names.includes(node.value)) return undefined;
  const allowed = names.join(', ');
  const message = `there is no policy ${show(node.value)}`;
  const suggestion = closest(node.value, names);
  const complaint =
    suggestion === undefined ? { message, allowed } : { message, allowed, suggestion };
  return problemAt(origin, path, { ...complaint, found: show(node.value) });
}
