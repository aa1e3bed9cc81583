import { closest } from '../../input/closest.ts';
import { show } from '../../input/problems.ts';
import {
  type Complaint,
  fromPlain,
  type MappingNode,
  type Node,
  type Origin,
  type Plain,
} from '../../input/tree.ts';
import { DEFAULT_POLICIES } from '../schema/policy-schema.ts';
import { experimentSchema } from '../schema/schema.ts';

/** A tree with a value replaced, or why its path leads nowhere. */
export type SetResult =
  | { readonly ok: true; readonly root: Node }
  | { readonly ok: false; readonly complaint: Complaint };

/** A place where a file may leave out a mapping or write one of its keys alone. */
interface Shorthand {
  /** What stands there if the file says nothing. */
  readonly absent?: Plain;
  /** The key whose value may stand alone. */
  readonly alone?: string;
}

/** By path; `*` is any name or index. */
const SHORTHANDS = Object.entries<Shorthand>({
  machine: { absent: {} },
  'machine.scheduler': { absent: { name: 'credit' }, alone: 'name' },
  'machine.costs': { absent: { profile: 'qemu-icount' }, alone: 'profile' },
  'domains.*.memory': { absent: {} },
  'domains.*.vcpus.*.guest': { alone: 'name' },
  policies: { absent: DEFAULT_POLICIES },
  measure: { absent: {} },
  compare: { absent: {} },
  'compare.margin': { absent: {} },
}).map(([pattern, shorthand]) => ({ pattern: pattern.split('.'), shorthand }));

/** Mappings whose keys are the user's names: what is not there cannot be set. */
const USER_NAMED: ReadonlySet<string> = new Set(['domains', 'policies', 'factors']);

/**
 * Returns the tree with `value` at `path` (segments `machine`, `pcpus`); the original stays as it
 * is. Opens shorthands on the way: `machine.scheduler.timeslice` works on `scheduler: credit`.
 * Every segment but the last must exist; whether the last is a known key is for the schema to say,
 * at `origin`.
 */
export function setPath(
  root: Node,
  path: readonly string[],
  value: Node,
  origin: Origin,
): SetResult {
  return setBelow(root, path, 0, value, origin);
}

function setBelow(
  node: Node,
  path: readonly string[],
  depth: number,
  value: Node,
  origin: Origin,
): SetResult {
  const segment = path[depth];
  const isLast = depth === path.length - 1;
  if (node.kind === 'list') {
    const index = /^\d{1,9}$/.test(segment) ? Number(segment) : -1;
    const item = index < 0 ? undefined : node.items[index];
    if (item === undefined) {
      return refuse(path, depth, node.items.length === 0 ? [] : [`0..${node.items.length - 1}`]);
    }
    const child = isLast ? accept(value) : setInside(item, path, depth, value, origin);
    if (!child.ok) return child;
    return accept({ ...node, items: node.items.with(index, child.root) });
  }
  if (node.kind === 'scalar') return refuse(path, depth, []);
  const entry = node.entries.get(segment);
  const keys = [...node.entries.keys()];
  if (isLast && (entry !== undefined || !USER_NAMED.has(path.slice(0, depth).join('.')))) {
    return accept(withEntry(node, segment, value, origin));
  }
  const below = entry?.value ?? absentAt(path.slice(0, depth + 1), node.origin);
  if (below === undefined || isLast) {
    return refuse(path, depth, depth === 0 ? Object.keys(experimentSchema.shape) : keys);
  }
  const child = setInside(below, path, depth, value, origin);
  return child.ok
    ? accept(withEntry(node, segment, child.root, entry?.keyOrigin ?? origin))
    : child;
}

/** Sets in the value of segment `depth`, opened if it is written short. */
function setInside(
  node: Node,
  path: readonly string[],
  depth: number,
  value: Node,
  origin: Origin,
): SetResult {
  return setBelow(open(node, path.slice(0, depth + 1)), path, depth + 1, value, origin);
}

function open(node: Node, path: readonly string[]): Node {
  const alone = shorthandAt(path)?.alone;
  if (alone === undefined || node.kind !== 'scalar') return node;
  const entries = new Map([[alone, { keyOrigin: node.origin, value: node }]]);
  return { kind: 'mapping', entries, origin: node.origin };
}

function absentAt(path: readonly string[], origin: Origin): Node | undefined {
  const absent = shorthandAt(path)?.absent;
  return absent === undefined ? undefined : fromPlain(absent, origin);
}

function shorthandAt(path: readonly string[]): Shorthand | undefined {
  return SHORTHANDS.find(
    ({ pattern }) =>
      pattern.length === path.length &&
      pattern.every((segment, index) => segment === '*' || segment === path[index]),
  )?.shorthand;
}

function withEntry(node: MappingNode, key: string, value: Node, origin: Origin): Node {
  const keyOrigin = node.entries.get(key)?.keyOrigin ?? origin;
  return { ...node, entries: new Map(node.entries).set(key, { keyOrigin, value }) };
}

function accept(root: Node): SetResult {
  return { ok: true, root };
}

/** The path ends before segment `depth`, where only `keys` are. */
function refuse(path: readonly string[], depth: number, keys: readonly string[]): SetResult {
  const parent = path.slice(0, depth);
  const where = depth === 0 ? 'the file' : parent.join('.');
  const meant = closest(path[depth], keys);
  const whole = show(path.join('.'));
  const message = `the path ${whole} leads nowhere: ${where} has no ${show(path[depth])}`;
  const allowed = keys.length === 0 ? 'nothing below it' : keys.join(', ');
  if (meant === undefined) return { ok: false, complaint: { message, allowed } };
  const suggestion = [...parent, meant, ...path.slice(depth + 1)].join('.');
  return { ok: false, complaint: { message, allowed, suggestion } };
}
