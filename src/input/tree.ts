import { type Problem, printable } from './problems.ts';

/** A text that problems point into: a file, or the value of a command-line option. */
export interface SourceText {
  /** File name, or the option as it was given. */
  readonly name: string;
  readonly text: string;
  /** Whether lines and columns mean anything to the reader (not for an option). */
  readonly hasLines: boolean;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
}

/** A place in a source [offset in UTF-16 units]. */
export interface Origin {
  readonly source: SourceText;
  readonly offset: number;
}

/** What a scalar of YAML's core schema can be. */
type Scalar = string | number | boolean | null;

/**
 * A value of an input file together with where it came from. Nodes never change, so an override
 * keeps the position of what it set and shares everything else with the tree it was made from.
 */
export type Node =
  | { readonly kind: 'scalar'; readonly value: Scalar; readonly origin: Origin }
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly origin: Origin }
  | MappingNode;

/** A mapping: its entries in file order. */
export interface MappingNode {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly origin: Origin;
}

/** One entry of a mapping: where its key stands, and its value. */
export interface Entry {
  readonly keyOrigin: Origin;
  readonly value: Node;
}

/** KeyPath of a value from the root: keys and list indexes. */
export type KeyPath = readonly (string | number)[];

/** Makes a source of a file's text, or of an option's value if `hasLines` is false. */
export function makeSource(name: string, text: string, hasLines = true): SourceText {
  const lineStarts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) {
    lineStarts.push(end + 1);
  }
  return { name, text, hasLines, lineStarts };
}

const EXCERPT_WIDTH = 100;

/** What a problem says, its place aside. */
export type Complaint = Pick<Problem, 'message' | 'found' | 'allowed' | 'suggestion'>;

/** Makes the problem that says `complaint` about the value at `path`, which stands at `origin`. */
export function problemAt(origin: Origin, path: KeyPath, complaint: Complaint): Problem {
  const { source, offset } = origin;
  const problem = { file: source.name, line: 0, column: 0, path: path.join('.'), ...complaint };
  if (!source.hasLines) return problem;
  const line = lineOf(source.lineStarts, offset);
  const start = source.lineStarts[line];
  const end = source.lineStarts[line + 1] ?? source.text.length;
  // Cut here: a file may be one line of a megabyte and have a problem in every second column.
  const from = Math.max(start, offset - EXCERPT_WIDTH / 2);
  const to = Math.min(end, from + EXCERPT_WIDTH);
  const excerpt = printable(source.text.slice(from, to).trimEnd().replaceAll('\t', ' '));
  return { ...problem, line: line + 1, column: offset - start + 1, excerpt, caret: offset - from };
}

function lineOf(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lineStarts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Returns the value as plain data: scalars, arrays and objects. */
export function toPlain(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toPlain);
    case 'mapping':
      return Object.fromEntries(
        [...node.entries].map(([key, entry]) => [key, toPlain(entry.value)]),
      );
  }
}

/** Makes a tree of a default, as if it stood at `origin`. */
export function fromPlain(value: Plain, origin: Origin): Node {
  if (typeof value !== 'object' || value === null) return { kind: 'scalar', value, origin };
  const entries = Object.entries(value).map(([key, child]): [string, Entry] => [
    key,
    { keyOrigin: origin, value: fromPlain(child, origin) },
  ]);
  return { kind: 'mapping', entries: new Map(entries), origin };
}

/** Plain data of scalars and mappings. */
export type Plain = Scalar | { readonly [key: string]: Plain };

/** Where a path leads: the node, if it is there, and the place to point at in any case. */
export interface Located {
  readonly node: Node | undefined;
  /** The value's place, or if it is missing that of the key (or value) which should contain it. */
  readonly origin: Origin;
}

/** Follows a path from `root`. */
export function locate(root: Node, path: KeyPath): Located {
  let node = root;
  let origin = root.origin;
  for (const segment of path) {
    const entry = node.kind === 'mapping' ? node.entries.get(String(segment)) : undefined;
    const child = node.kind === 'list' ? node.items[Number(segment)] : entry?.value;
    if (child === undefined) return { node: undefined, origin };
    node = child;
    origin = entry?.keyOrigin ?? child.origin;
  }
  return { node, origin: node.origin };
}

/** Returns the number of values in a tree, containers included. */
export function countNodes(node: Node): number {
  switch (node.kind) {
    case 'scalar':
      return 1;
    case 'list':
      return node.items.reduce((sum, item) => sum + countNodes(item), 1);
    case 'mapping':
      return [...node.entries.values()].reduce((sum, entry) => sum + countNodes(entry.value), 1);
  }
}
