import type { z } from 'zod';
import { closest } from './closest.ts';
import type { IssueParams } from './fields.ts';
import { type Problem, show } from './problems.ts';
import { type Complaint, type KeyPath, locate, type Node, problemAt, toPlain } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** A value of the right form, or what is wrong with it. */
export type Validated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Checks the part of a file that is at `path` against its schema. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  root: Node,
  path: KeyPath,
): Validated<z.output<Schema>> {
  const { node } = locate(root, path);
  const plain = node === undefined ? undefined : toPlain(node);
  const result = schema.safeParse(plain, { reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  const problems = result.error.issues
    .flatMap((issue) => flatten(issue, path))
    .flatMap((issue) => toProblems(issue, root));
  return { ok: false, problems };
}

/**
 * Replaces the issue of a union by those of the branch that was meant, with paths from the root.
 */
function flatten(issue: Issue, base: KeyPath): Issue[] {
  const path = [...base, ...(issue.path as KeyPath)];
  if (issue.code === 'invalid_union') {
    const branch = meantBranch(issue.errors, issue.input);
    if (branch !== undefined) return branch.flatMap((inner) => flatten(inner, path));
  }
  return [{ ...issue, path: [...path] }];
}

function meantBranch(branches: Issue[][], input: unknown): Issue[] | undefined {
  const fitting = branches.filter((branch) => !branch.some(isWrongKind));
  if (fitting.length > 0) return fitting.reduce((a, b) => (weight(b) < weight(a) ? b : a));
  // A word where names or a mapping are allowed is a misspelled name.
  if (typeof input !== 'string') return undefined;
  return branches.find((branch) => branch.some((issue) => issue.code === 'invalid_value'));
}

/** Whether the value is of another kind: a word instead of a mapping, another operation's name. */
function isWrongKind(issue: Issue): boolean {
  const { code, path } = issue;
  if (path.length === 1 && path[0] === 0) return code === 'invalid_value';
  const isKind = code === 'invalid_type' || code === 'invalid_value' || code === 'invalid_union';
  return path.length === 0 && isKind;
}

function weight(branch: Issue[]): number {
  return branch.reduce(
    (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1),
    0,
  );
}

function toProblems(issue: Issue, root: Node): Problem[] {
  const path = issue.path as KeyPath;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...path, key], key, issue.message, root));
  }
  const located = locate(root, path);
  if (issue.code === 'invalid_key') {
    const allowed = issue.issues[0]?.message ?? '';
    const complaint = unexpected(allowed, path.at(-1));
    return [problemAt(keyOrigin(root, path) ?? located.origin, path, complaint)];
  }
  const allowed = issue.message;
  if (located.node === undefined) {
    const message = `${show(String(path.at(-1)))} is missing: expected ${allowed}`;
    return [problemAt(located.origin, path, { message, allowed })];
  }
  const value = toPlain(located.node);
  const complaint = unexpected(allowed, value);
  return [problemAt(located.origin, path, { ...complaint, ...extras(issue, complaint, value) })];
}

function keyOrigin(root: Node, path: KeyPath) {
  const parent = locate(root, path.slice(0, -1)).node;
  return parent?.kind === 'mapping'
    ? parent.entries.get(String(path.at(-1)))?.keyOrigin
    : undefined;
}

function unexpected(allowed: string, found: unknown): Complaint {
  return { message: `expected ${allowed}, found ${show(found)}`, found: show(found), allowed };
}

/** The hint of a quantity, or the word that was probably meant. */
function extras(issue: Issue, complaint: Complaint, value: unknown): Partial<Complaint> {
  if (issue.code === 'custom') {
    const { hint, suggestion } = (issue.params ?? {}) as IssueParams;
    return {
      ...(hint === undefined ? {} : { message: `${complaint.message}: ${hint}` }),
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  }
  const words = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  const suggestion = closest(String(value), words);
  return suggestion === undefined ? {} : { suggestion };
}

function unknownKey(path: KeyPath, key: string, allowed: string, root: Node): Problem {
  const suggestion = closest(key, allowed.split(', '));
  const message = `unknown key ${show(key)}`;
  const complaint =
    suggestion === undefined ? { message, allowed } : { message, allowed, suggestion };
  return problemAt(keyOrigin(root, path) ?? root.origin, path, complaint);
}
