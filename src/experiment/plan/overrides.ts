import { closest } from '../../input/closest.ts';
import { show } from '../../input/problems.ts';
import {
  type Complaint,
  locate,
  type MappingNode,
  type Node,
  type Origin,
} from '../../input/tree.ts';
import { RULE_KEYS } from '../schema/policy-schema.ts';
import { type SetResult, setPath } from './set-path.ts';

/** One value to be set: by a level of a factor, or by `--set`. */
export interface Assignment {
  /** The path as written, and where. */
  readonly target: string;
  readonly origin: Origin;
  readonly value: Node;
}

const POLICY_KEYS = [
  'before',
  'during',
  'style',
  'lock',
  'traps',
  'loop',
  'deferred_round',
  'charge',
] as const;
const POLICY_PATHS: readonly string[] = [
  ...POLICY_KEYS,
  ...Object.values(RULE_KEYS).flatMap((keys) => keys.map((key) => `during.${key}`)),
];

/**
 * Returns whether the assignment is to every policy that has the key: `policy.during.threshold`.
 */
export function isForPolicies(assignment: Assignment): boolean {
  return assignment.target === 'policy' || assignment.target.startsWith('policy.');
}

/**
 * Returns whether a policy has the key that the assignment sets (its rule may be of another kind).
 */
export function concerns(assignment: Assignment, policy: Node): boolean {
  const [, key, ruleKey, ...rest] = assignment.target.split('.');
  if (!POLICY_KEYS.some((known) => known === key) || rest.length > 0) return false;
  if (ruleKey === undefined) return true;
  const during = locate(policy, ['during']).node;
  if (key !== 'during' || during?.kind !== 'mapping') return false;
  const rule = during.entries.has('every')
    ? 'every'
    : during.entries.has('block')
      ? 'block'
      : 'count';
  return RULE_KEYS[rule].includes(ruleKey);
}

/** Makes the assignment; one for policies in each of `policies` that has its key, at least one. */
export function assign(root: Node, assignment: Assignment, policies: readonly string[]): SetResult {
  const { target, value, origin } = assignment;
  if (!isForPolicies(assignment)) return setPath(root, target.split('.'), value, origin);
  const concerned = policies.filter((name) => {
    const policy = locate(root, ['policies', name]).node;
    return policy !== undefined && concerns(assignment, policy);
  });
  if (concerned.length === 0) return { ok: false, complaint: concernsNobody(target) };
  let result: SetResult = { ok: true, root };
  for (const name of concerned) {
    const path = ['policies', name, ...target.split('.').slice(1)];
    if (result.ok) result = setPath(result.root, path, value, origin);
  }
  return result;
}

function concernsNobody(target: string): Complaint {
  const paths = POLICY_PATHS.map((path) => `policy.${path}`);
  const meant = closest(target, paths);
  const message = `no policy has what the path ${show(target)} sets`;
  const allowed = paths.join(', ');
  return meant === undefined ? { message, allowed } : { message, allowed, suggestion: meant };
}

/** Returns the names of the policies of a file's tree. */
export function policyNames(root: Node): string[] {
  const policies = locate(root, ['policies']).node;
  return policies?.kind === 'mapping' ? [...(policies as MappingNode).entries.keys()] : [];
}
