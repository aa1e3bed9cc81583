import { closest } from '../../input/closest.ts';
import { type Problem, show } from '../../input/problems.ts';
import {
  type Complaint,
  type Entry,
  type KeyPath,
  locate,
  type Node,
  problemAt,
} from '../../input/tree.ts';
import { RESULT_COLUMNS } from '../../measure/columns.ts';
import { type Assignment, assign, policyNames } from './overrides.ts';

/** A factor: a name and its levels, each of which sets values of the file. */
export interface Factor {
  readonly name: string;
  readonly levels: readonly Level[];
}

/** One level of a factor. */
export interface Level {
  /** How it is called in cell ids and results: its name, or the value it sets. */
  readonly label: string;
  readonly assignments: readonly Assignment[];
}

/**
 * What a factor may change; the rest is the same in every cell, or (seed) is what replications
 * vary.
 */
const TARGETS = [
  'machine',
  'domains',
  'duration',
  'policy',
  'sampling',
  'jobs',
  'job_costs',
] as const;
/** Columns of the results that no factor may be called after; neither may it end in a unit. */
const COLUMNS: ReadonlySet<string> = new Set(RESULT_COLUMNS);
const WITH_UNIT = /_(ns|bytes|hz)$/;
const LABEL_MAX = 40;

/**
 * Reads the factors of a file whose schema was checked; all problems name their place in `factors`.
 */
export function readFactors(root: Node): { factors: Factor[]; problems: Problem[] } {
  const reader = new FactorReader(root);
  const section = locate(root, ['factors']).node;
  const entries = section?.kind === 'mapping' ? [...section.entries] : [];
  const factors = entries.map(([name, entry]) => reader.read(name, entry));
  return { factors, problems: reader.problems };
}

class FactorReader {
  readonly problems: Problem[] = [];
  private readonly root: Node;
  private readonly policies: readonly string[];

  constructor(root: Node) {
    this.root = root;
    this.policies = policyNames(root);
  }

  read(name: string, { keyOrigin, value }: Entry): Factor {
    if (COLUMNS.has(name) || WITH_UNIT.test(name)) {
      const message = `a factor cannot be called ${show(name)}: the results have such a column`;
      this.problems.push(problemAt(keyOrigin, ['factors', name], { message }));
    }
    const set = locate(value, ['set']).node;
    const levels = locate(value, ['levels']).node;
    let read: Level[] = [];
    if (levels?.kind === 'list' && set?.kind === 'scalar')
      read = this.readList(name, set, levels.items);
    if (levels?.kind === 'mapping') read = this.readNamed(name, levels.entries);
    return { name, levels: read };
  }

  private readList(name: string, set: Node & { kind: 'scalar' }, values: readonly Node[]): Level[] {
    const target = String(set.value);
    const labels = new Set<string>();
    return values.map((value, index) => {
      const label = labelOf(value);
      if (labels.has(label)) {
        const named = `levels: {name: {${target}: value}}`;
        const message = `there are two levels ${show(label)}; name them: ${named}`;
        this.problems.push(
          problemAt(value.origin, ['factors', name, 'levels', index], { message }),
        );
      }
      labels.add(label);
      const assignment = { target, origin: set.origin, value };
      this.check(assignment, ['factors', name, 'set']);
      return { label, assignments: [assignment] };
    });
  }

  private readNamed(name: string, levels: ReadonlyMap<string, Entry>): Level[] {
    return [...levels].map(([label, level]) => {
      const entries = level.value.kind === 'mapping' ? [...level.value.entries] : [];
      const assignments = entries.map(([target, { keyOrigin, value }]) => {
        const assignment = { target, origin: keyOrigin, value };
        this.check(assignment, ['factors', name, 'levels', label]);
        return assignment;
      });
      return { label, assignments };
    });
  }

  private check(assignment: Assignment, path: KeyPath): void {
    const complaint = forbiddenTarget(assignment.target);
    const result = assign(this.root, assignment, this.policies);
    if (complaint !== undefined) this.problems.push(problemAt(assignment.origin, path, complaint));
    else if (!result.ok) this.problems.push(problemAt(assignment.origin, path, result.complaint));
  }
}

function forbiddenTarget(target: string): Complaint | undefined {
  const [top, name, ...rest] = target.split('.');
  if (TARGETS.some((known) => known === top)) return undefined;
  const message = `a factor cannot set ${show(target)}`;
  const allowed = `paths that begin with ${TARGETS.join(', ')}`;
  if (top === 'policies' && name !== undefined) {
    const suggestion = ['policy', ...rest].join('.');
    return {
      message: `${message}: it applies to every policy that has the key`,
      allowed,
      suggestion,
    };
  }
  const meant = closest(top, TARGETS);
  if (meant === undefined) return { message, allowed };
  return { message, allowed, suggestion: [meant, ...target.split('.').slice(1)].join('.') };
}

/** A value as part of a cell id: safe as a file name, the same for the same value. */
function labelOf(value: Node): string {
  return text(value)
    .replace(/[^A-Za-z0-9_+.%-]/g, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, LABEL_MAX);
}

function text(value: Node): string {
  switch (value.kind) {
    case 'scalar':
      return value.value === null ? 'none' : String(value.value);
    case 'list':
      return value.items.map(text).join('+');
    case 'mapping':
      return [...value.entries].map(([key, entry]) => `${key}-${text(entry.value)}`).join('+');
  }
}
