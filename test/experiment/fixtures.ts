import { profilesOf } from '../../src/experiment/plan/cost-profile.ts';
import { type LoadResult, readExperiment } from '../../src/experiment/plan/parse.ts';
import { costKey } from '../../src/experiment/schema/machine-schema.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { COST_NAMES } from '../../src/hypervisor/machine/costs.ts';
import type { Problem } from '../../src/input/problems.ts';

/** A complete profile in which the n-th cost is 100 + n ns. */
export const PROFILE = [
  'description: for tests',
  'costs:',
  ...COST_NAMES.map((name, index) => `  ${costKey(name)}: ${100 + index}`),
].join('\n');

const PROFILES = profilesOf({ 'qemu-icount': PROFILE, 'zcu102-a53': PROFILE });

/** The smallest experiment; tests add what they are about. Four lines. */
export const MINIMAL = `question: Does it matter?
replications: 20
duration: 1s
domains: {hog: {vcpus: [{guest: hog}]}}
`;

export function parse(text: string, overrides: readonly string[] = []): LoadResult {
  return readExperiment('x.yaml', text, PROFILES, overrides);
}

/** The experiment of a text that must be right. */
export function accept(text: string, overrides: readonly string[] = []): Experiment {
  const result = parse(text, overrides);
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  return result.experiment;
}

/** The problems of a text that must be wrong. */
export function refuse(text: string, overrides: readonly string[] = []): readonly Problem[] {
  const result = parse(text, overrides);
  if (result.ok) throw new Error('the text was accepted');
  return result.problems;
}

/** Problems as `line:column path: message`. */
export function lines(problems: readonly Problem[]): string[] {
  return problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

/** A text without its marks `§`, and where they were as `line:column`. */
export function unmark(marked: string): { text: string; positions: string[] } {
  const parts = marked.split('§');
  const positions = parts.slice(0, -1).map((_, index) => {
    const before = parts
      .slice(0, index + 1)
      .join('')
      .split('\n');
    return `${before.length}:${before[before.length - 1].length + 1}`;
  });
  return { text: parts.join(''), positions };
}
