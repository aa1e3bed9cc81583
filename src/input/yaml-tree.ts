import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  parseDocument,
} from 'yaml';
import { type Problem, printable, show } from './problems.ts';
import {
  type Complaint,
  type Entry,
  type KeyPath,
  type Node,
  problemAt,
  type SourceText,
} from './tree.ts';
import { DEPTH_MAX, exceededLimit, TOO_DEEP } from './yaml-limits.ts';

const ALIASES_MAX = 100;
const ALIASED_NODES_MAX = 100_000;

const CORE_TAG = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;
// Such keys are names of JavaScript's own machinery and have no use here.
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is its purpose
const CONTROL_CHARACTER = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

/** A parsed text: its tree (undefined if there is none to speak of) and what is wrong with it. */
export interface ParsedTree {
  readonly root: Node | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Parses YAML 1.2 (core schema, one document, no directives, no merge keys) into a tree with
 * positions. Never throws; time and memory are bounded whatever the text. Duplicate keys, keys that
 * are not text, foreign tags and control characters are problems, but leave a tree; the first of
 * two equal keys counts.
 */
export function parseTree(source: SourceText): ParsedTree {
  const limit = exceededLimit(source);
  if (limit !== undefined) return { root: undefined, problems: [limit] };
  // uniqueKeys compares every key with every other: the converter does it in linear time.
  const document = parseDocument(source.text, {
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const problems = syntaxProblems(document, source);
  if (problems.length > 0) return { root: undefined, problems };
  if (document.contents === null) return { root: undefined, problems: [] };
  const converter = new Converter(source);
  const root = converter.convert(document.contents, [], document.contents.range[0]);
  const { fatal } = converter;
  return fatal === undefined
    ? { root, problems: converter.problems }
    : { root: undefined, problems: [fatal] };
}

function syntaxProblems(document: Document.Parsed, source: SourceText): Problem[] {
  const problems = document.errors.map((error) => {
    const origin = { source, offset: error.pos[0] };
    const known = error.code === 'MULTIPLE_DOCS' ? 'there is a second document' : error.message;
    return problemAt(origin, [], { message: `not valid YAML: ${printable(known).slice(0, 200)}` });
  });
  const { directives } = document;
  if (directives.yaml.explicit === true || Object.keys(directives.tags).length > 1) {
    const message = 'directives (%YAML, %TAG) are not allowed: files are YAML 1.2';
    problems.push(problemAt({ source, offset: 0 }, [], { message }));
  }
  return problems;
}

/** Turns the parser's nodes into ours; one use per document. */
class Converter {
  readonly problems: Problem[] = [];
  /** A problem that leaves no tree. */
  fatal: Problem | undefined;
  private readonly source: SourceText;
  /** Finished nodes by anchor; undefined while the anchored node is still being converted. */
  private readonly anchors = new Map<string, { node: Node; size: number } | undefined>();
  private size = 0;
  private aliasedSize = 0;
  private aliases = 0;

  constructor(source: SourceText) {
    this.source = source;
  }

  convert(yaml: ParsedNode | null, path: KeyPath, offset: number): Node {
    const origin = { source: this.source, offset: yaml?.range[0] ?? offset };
    const sizeBefore = this.size++;
    if (path.length > DEPTH_MAX) this.fatal ??= problemAt(origin, [], TOO_DEEP);
    if (yaml === null || this.fatal !== undefined) return { kind: 'scalar', value: null, origin };
    if (isAlias(yaml)) return this.resolveAlias(yaml.source, path, origin.offset);
    const { anchor, tag } = yaml;
    if (tag !== undefined && !CORE_TAG.test(tag)) {
      const message = `the tag ${show(tag)} is not allowed; write the value without it`;
      this.complain(origin.offset, path, { message });
    }
    if (anchor !== undefined) this.anchors.set(anchor, undefined);
    const node = this.convertContent(yaml, path, origin.offset);
    if (anchor !== undefined) this.anchors.set(anchor, { node, size: this.size - sizeBefore });
    return node;
  }

  private convertContent(yaml: ParsedNode, path: KeyPath, offset: number): Node {
    const origin = { source: this.source, offset };
    if (isMap(yaml))
      return { kind: 'mapping', entries: this.convertEntries(yaml.items, path), origin };
    if (isSeq(yaml)) {
      const items = yaml.items.map((item, index) =>
        // A pair in a list, `[a: 1]`, is a mapping of one entry.
        isPair(item)
          ? ({ kind: 'mapping', entries: this.convertEntries([item], path), origin } as const)
          : this.convert(item as ParsedNode, [...path, index], offset),
      );
      return { kind: 'list', items, origin };
    }
    const value: unknown = isScalar(yaml) ? yaml.value : null;
    if (typeof value === 'string') {
      this.refuseControlCharacter(value, path, offset);
      return { kind: 'scalar', value, origin };
    }
    const plain = typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return { kind: 'scalar', value: plain, origin };
  }

  private convertEntries(
    pairs: readonly Pair<unknown, unknown>[],
    path: KeyPath,
  ): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const pair of pairs) {
      const key = pair.key as ParsedNode | null;
      const offset = key?.range[0] ?? 0;
      const name = isScalar(key) ? keyText(key) : undefined;
      const value = this.convert(pair.value as ParsedNode | null, [...path, name ?? '?'], offset);
      if (name === undefined) {
        this.complain(offset, path, { message: 'a key must be a word' });
        continue;
      }
      const first = entries.get(name)?.keyOrigin;
      if (first !== undefined) {
        const { line } = problemAt(first, path, { message: '' });
        const message = `the key ${show(name)} is there already, in line ${line}`;
        this.complain(offset, [...path, name], { message });
      } else if (FORBIDDEN_KEYS.has(name)) {
        this.complain(offset, path, { message: `the key "${name}" is not allowed` });
      } else {
        this.refuseControlCharacter(name, path, offset);
        entries.set(name, { keyOrigin: { source: this.source, offset }, value });
      }
    }
    return entries;
  }

  private resolveAlias(name: string, path: KeyPath, offset: number): Node {
    const nothing: Node = { kind: 'scalar', value: null, origin: { source: this.source, offset } };
    const target = this.anchors.get(name);
    if (target === undefined) {
      const message = this.anchors.has(name)
        ? `*${printable(name)} stands inside what it stands for`
        : `there is no anchor &${printable(name)} before this alias`;
      this.complain(offset, path, { message });
      return nothing;
    }
    this.aliases++;
    this.size += target.size;
    this.aliasedSize += target.size;
    if (this.aliases > ALIASES_MAX || this.aliasedSize > ALIASED_NODES_MAX) {
      const message = `aliases make the file too large (at most ${ALIASES_MAX} aliases)`;
      this.fatal ??= problemAt(nothing.origin, [], { message });
    }
    return target.node;
  }

  private refuseControlCharacter(text: string, path: KeyPath, offset: number): void {
    const code = CONTROL_CHARACTER.exec(text)?.[0].codePointAt(0);
    if (code === undefined) return;
    const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    const message = `control character ${name} is not allowed`;
    this.complain(offset, path, { message });
  }

  private complain(offset: number, path: KeyPath, complaint: Complaint): void {
    this.problems.push(problemAt({ source: this.source, offset }, path, complaint));
  }
}

/** Keys that YAML reads as numbers and the like are the words that stand there. */
function keyText(key: { readonly value: unknown; readonly source?: string }): string | undefined {
  if (typeof key.value === 'string') return key.value;
  return key.source === undefined || key.source === '' ? undefined : key.source;
}
