import { stringify } from 'yaml';
import type { Worst } from '../analysis/digest.ts';
import { quoted } from '../batch/cluster.ts';
import { profilesOf } from '../experiment/plan/cost-profile.ts';
import { readFactors } from '../experiment/plan/factors.ts';
import { assign, policyNames } from '../experiment/plan/overrides.ts';
import { readExperiment } from '../experiment/plan/parse.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { formatProblems } from '../input/problems.ts';
import { locate, makeSource, type Node, toPlain } from '../input/tree.ts';
import { parseTree } from '../input/yaml-tree.ts';
import {
  inSettingOrder,
  isPartOf,
  type LabExperiment,
  type LabSource,
  type LabState,
} from './state.ts';

/** So many replications of each policy are run unless the file has fewer or the setting says otherwise. */
export const LAB_REPLICATIONS = 32;
/** Most that a setting may ask for: the results are kept in memory. */
export const REPLICATIONS_MAX = 10_000;

/** A setting that can be run: its experiment has one cell per policy. */
export interface LabSetting {
  readonly experiment: Experiment;
  /** The file's tree with all that is set. */
  readonly root: Node;
  /** What the command line sets, `path=value` each, in its order. */
  readonly overrides: readonly string[];
  /** Its cells, for `--filter`; undefined: all. */
  readonly filter: string | undefined;
}

export type SettingResult =
  | { readonly ok: true; readonly setting: LabSetting }
  | { readonly ok: false; readonly message: string };

/** The experiment of a setting; the first of all if there is none of its name. */
export function experimentNamed({ experiments }: LabSource, name: string): LabExperiment {
  return experiments.find((one) => one.name === name) ?? experiments[0];
}

/** Reads the setting's experiment as the command line would. Never throws on wrong input. */
export function settingOf(source: LabSource, state: LabState): SettingResult {
  const named = experimentNamed(source, state.experiment);
  const { file, text, overrides: given } = named;
  const tree = treeOf(named);
  const overrides = [...given, ...(tree === undefined ? [] : overridesOf(tree, state))];
  const loaded = readExperiment(file, text, profilesOf(source.profiles), overrides);
  if (!loaded.ok) return { ok: false, message: formatProblems(loaded.problems) };
  const { experiment } = loaded;
  if (experiment.replications > REPLICATIONS_MAX)
    return { ok: false, message: `replications: at most ${REPLICATIONS_MAX} here` };
  const filter = filterOf(experiment, state.policies);
  const cells = experiment.cells.filter(({ id }) => filter?.includes(id) ?? true);
  return {
    ok: true,
    setting: {
      experiment: { ...experiment, cells },
      root: withAll(tree as Node, overrides.slice(given.length)),
      overrides,
      filter: filter?.join(','),
    },
  };
}

/** Trees of files that have been read: the same few are, over and over. */
const trees = new WeakMap<LabExperiment, Node>();

/** A file's tree with what the lab was started with; undefined: there is none. */
export function treeOf(experiment: LabExperiment): Node | undefined {
  const known = trees.get(experiment);
  if (known !== undefined) return known;
  const { file, text, overrides } = experiment;
  const { root } = parseTree(makeSource(file, text));
  const tree = root && withAll(root, overrides);
  if (tree !== undefined) trees.set(experiment, tree);
  return tree;
}

/**
 * What is set: the file without its factors and what refers to them, at the first level of each; then what the
 * setting changes, parts of values after the values.
 */
function overridesOf(tree: Node, state: LabState): string[] {
  const has = (...path: string[]) => locate(tree, path).node !== undefined;
  const dropped = [
    ...(has('factors') ? ['factors={}'] : []),
    ...(has('design') ? ['design=product'] : []),
    ...(has('compare', 'along') ? ['compare.along={}'] : []),
    ...(has('compare', 'pairs') ? ['compare.pairs=[]'] : []),
    ...(has('questions') ? ['questions=[]'] : []),
  ];
  const base = Object.entries(firstLevels(tree)).filter(
    ([path]) => !Object.keys(state.sets).some((set) => isPartOf(path, set)),
  );
  const sets = inSettingOrder({ ...Object.fromEntries(base), ...state.sets });
  const replications = replicationsOf(tree, state);
  return [
    ...dropped,
    ...sets.map(([path, value]) => `${path}=${value}`),
    ...(has('until') ? [`until.at_most=${replications}`] : []),
    'measure.samples=true',
    ...(state.seed === undefined ? [] : [`seed=${state.seed}`]),
    `replications=${replications}`,
  ];
}

function replicationsOf(tree: Node, { replications }: LabState): number {
  if (replications !== undefined) return replications;
  const { node } = locate(tree, ['replications']);
  const own = node?.kind === 'scalar' ? Number(node.value) : LAB_REPLICATIONS;
  return Number.isInteger(own) ? Math.min(own, LAB_REPLICATIONS) : LAB_REPLICATIONS;
}

/** What the first levels of all factors set to something else than the file has. */
function firstLevels(tree: Node): Record<string, string> {
  const first = levelsOf(tree).flatMap(({ levels }) => Object.entries(levels[0]?.sets ?? {}));
  return Object.fromEntries(first.filter(([path, value]) => valueAt(tree, path) !== value));
}

/** A factor as the lab has it: names of levels, and what they set. */
export interface FactorLevels {
  readonly name: string;
  readonly levels: readonly { readonly name: string; readonly sets: Record<string, string> }[];
}

/** The factors of a file. */
export function levelsOf(tree: Node): FactorLevels[] {
  return readFactors(tree).factors.map(({ name, levels }) => ({
    name,
    levels: levels.map(({ label, assignments }) => ({
      name: label,
      sets: Object.fromEntries(assignments.map(({ target, value }) => [target, textOf(value)])),
    })),
  }));
}

/** The value at a path as a command would write it; of `policy.` that of the first policy that has it. */
export function valueAt(tree: Node, path: string): string | undefined {
  const [top, ...rest] = path.split('.');
  const paths =
    top === 'policy'
      ? policyNames(tree).map((name) => ['policies', name, ...rest])
      : [[top, ...rest]];
  const node = paths.map((each) => locate(tree, each).node).find((found) => found !== undefined);
  return node === undefined ? undefined : textOf(node);
}

/** A value as `--set` takes it. */
function textOf(node: Node): string {
  const plain = toPlain(node);
  if (typeof plain !== 'string') return JSON.stringify(plain);
  const read = parseTree(makeSource('value', plain, false)).root;
  const isItself = read?.kind === 'scalar' && read.value === plain;
  return isItself ? plain : JSON.stringify(plain);
}

function filterOf(
  { cells, compare }: Experiment,
  policies: readonly string[] | undefined,
): string[] | undefined {
  if (policies === undefined) return undefined;
  // What the others are compared with is always run.
  const ids = cells
    .filter(({ policy }) => policies.includes(policy) || policy === compare.baseline)
    .map(({ id }) => id);
  return ids.length === cells.length ? undefined : ids;
}

/** The command that gives the same numbers, to the byte. */
export function settingCommand({ experiment: { file }, overrides, filter }: LabSetting): string {
  const options = overrides.map((text) => {
    const [, name, value] = /^(replications|seed)=(\d+)$/.exec(text) ?? [];
    return name === undefined ? `--set ${quoted(text)}` : `--${name} ${value}`;
  });
  const chosen = filter === undefined ? [] : [`--filter ${filter}`];
  return ['npx preemptlab run', quoted(file), ...options, ...chosen, '--out results/lab'].join(' ');
}

/** The command that writes the timeline of one replication of the setting. */
export function traceCommandIn(
  { experiment: { file, seed }, overrides }: LabSetting,
  { cell, replication }: Pick<Worst, 'cell' | 'replication'>,
): string {
  const sets = overrides.filter((text) => !/^(measure\.samples|seed)=/.test(text));
  const options = [...sets, `seed=${seed}`].map((text) => `--set ${quoted(text)}`).join(' ');
  return `npx preemptlab trace ${quoted(file)} ${options} --cell ${cell.id} --replication ${replication}`;
}

/** The setting as an experiment file of its own: `preemptlab run` of it gives the same numbers. */
export function experimentFileOf({ root, experiment }: LabSetting, link: string): string {
  const { factors: _, design, questions, ...plain } = toPlain(root) as Record<string, unknown>;
  const chosen = new Set(experiment.cells.map(({ policy }) => policy));
  const policies = Object.entries((plain.policies ?? {}) as Record<string, unknown>).filter(
    ([name]) => chosen.has(name),
  );
  const own = policies.length === 0 ? plain : { ...plain, policies: Object.fromEntries(policies) };
  return `# A setting of the lab: #${link}\n${stringify(own, { lineWidth: 120 })}`;
}

function withAll(tree: Node, overrides: readonly string[]): Node {
  return overrides.reduce((root, text) => {
    const equals = text.indexOf('=');
    const value = parseTree(makeSource('--set', text.slice(equals + 1), false)).root;
    if (value === undefined) return root;
    const assignment = { target: text.slice(0, equals), origin: value.origin, value };
    const result = assign(root, assignment, policyNames(root));
    return result.ok ? result.root : root;
  }, tree);
}
