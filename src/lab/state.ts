/** An experiment that can be opened in the lab. Plain data. */
export interface LabExperiment {
  /** How it is called in links: its file's name without ending. */
  readonly name: string;
  /** The file as commands name it. */
  readonly file: string;
  readonly text: string;
  /** `path=value` that the lab was started with. */
  readonly overrides: readonly string[];
}

/** All that a lab page holds besides its programs. Plain data. */
export interface LabSource {
  readonly version: string;
  /** The first is open at the beginning. */
  readonly experiments: readonly LabExperiment[];
  /** Texts of the cost profiles that they may name. */
  readonly profiles: Readonly<Record<string, string>>;
}

/** One setting of the lab: which experiment, and what of it is changed. Plain data. */
export interface LabState {
  readonly experiment: string;
  /** Values by path, as `--set` takes them. */
  readonly sets: Readonly<Record<string, string>>;
  /** Policies that are run; undefined: all. */
  readonly policies?: readonly string[];
  /** undefined: the lab's own number, or the seed of the file. */
  readonly replications?: number;
  readonly seed?: number;
}

/** What is shown, and what it is held against. */
export interface LabView {
  readonly state: LabState;
  readonly against?: LabState | undefined;
  /** Kind of latency; undefined: the first. */
  readonly kind?: string | undefined;
}

/** Most that a text in a link may be: nobody types more. */
const VALUE_MAX = 20_000;
/** Entries of a link that are no paths. */
const [EXPERIMENT, POLICIES, REPLICATIONS, SEED] = [
  'experiment',
  'policies',
  'replications',
  'seed',
];
const KIND = 'kind';
/** Between a setting and the one that it is held against. */
const VERSUS = 'vs';

/**
 * The part of a URL behind `#` that says what is shown: `machine.timer_slop=1us&kind=virq`; behind `vs` stands the
 * setting that it is held against. Empty for the beginning.
 * @param first - the experiment that needs no mention
 */
export function fragmentOf({ state, against, kind }: LabView, first: string): string {
  const own = [...entriesOf(state, first), ...(kind === undefined ? [] : [entry(KIND, kind)])];
  const other = against === undefined ? [] : [VERSUS, ...entriesOf(against, first)];
  return [...own, ...other].join('&');
}

function entriesOf(state: LabState, first: string): string[] {
  const { experiment, sets, policies, replications, seed } = state;
  return [
    ...(experiment === first ? [] : [entry(EXPERIMENT, experiment)]),
    ...inSettingOrder(sets).map(([path, value]) => entry(path, value)),
    ...(policies === undefined ? [] : [entry(POLICIES, policies.join(','))]),
    ...(replications === undefined ? [] : [entry(REPLICATIONS, String(replications))]),
    ...(seed === undefined ? [] : [entry(SEED, String(seed))]),
  ];
}

function entry(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${readable(value)}`;
}

/** A value in a URL, with those signs left as they are that mean nothing there. */
function readable(value: string): string {
  return encodeURIComponent(value).replace(/%(2C|3A|40|2F)/g, decodeURIComponent);
}

/** What a fragment asks for. What makes no sense in it is passed over, as a link may come from anywhere. */
export function viewOf(fragment: string, first: string): LabView {
  const entries = fragment
    .replace(/^#/, '')
    .split('&')
    .filter((text) => text !== '');
  const at = entries.indexOf(VERSUS);
  const own = at < 0 ? entries : entries.slice(0, at);
  const named = new Map(own.flatMap(pairOf));
  return {
    state: stateOf(own, first),
    against: at < 0 ? undefined : stateOf(entries.slice(at + 1), first),
    kind: named.get(KIND),
  };
}

function stateOf(entries: readonly string[], first: string): LabState {
  const named = new Map(entries.flatMap(pairOf));
  const policies = named.get(POLICIES)?.split(',');
  const replications = wholeFrom(named.get(REPLICATIONS), 1);
  const seed = wholeFrom(named.get(SEED), 0);
  const known = [EXPERIMENT, POLICIES, REPLICATIONS, SEED, KIND];
  return {
    experiment: named.get(EXPERIMENT) ?? first,
    sets: Object.fromEntries([...named].filter(([name]) => !known.includes(name))),
    ...(policies && { policies }),
    ...(replications !== undefined && { replications }),
    ...(seed !== undefined && { seed }),
  };
}

function pairOf(text: string): [string, string][] {
  const equals = text.indexOf('=');
  if (equals < 1 || text.length > VALUE_MAX) return [];
  try {
    return [
      [decodeURIComponent(text.slice(0, equals)), decodeURIComponent(text.slice(equals + 1))],
    ];
  } catch {
    return [];
  }
}

function wholeFrom(text: string | undefined, least: number): number | undefined {
  const value = Number(text);
  return text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least
    ? value
    : undefined;
}

/** Values in the order in which they are set: what is part of another one after that. */
export function inSettingOrder(sets: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(sets).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether `path` is `of`, or part of it. */
export function isPartOf(path: string, of: string): boolean {
  return path === of || path.startsWith(`${of}.`);
}

/** The setting with a value at a path, and without those that were part of what it replaces. */
export function withSet(state: LabState, path: string, value: string): LabState {
  return { ...state, sets: { ...withoutSets(state, [path]).sets, [path]: value } };
}

/** The setting without the values at some paths and below. */
export function withoutSets(state: LabState, paths: readonly string[]): LabState {
  const kept = Object.entries(state.sets).filter(
    ([path]) => !paths.some((of) => isPartOf(path, of)),
  );
  return { ...state, sets: Object.fromEntries(kept) };
}
