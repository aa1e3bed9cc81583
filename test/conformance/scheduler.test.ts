import { describe, expect, it } from 'vitest';
import { formatDifference } from '../../src/conformance/compare.ts';
import { conformOne, scenarioNames } from '../../src/conformance/conform.ts';

describe.each(['sched', 'sched-4.12', 'runtime', 'runtime-4.12', 'topology', 'topology-4.12'])(
  "decisions of Xen's schedulers: %s",
  (folder) => {
    const path = `test/conformance/${folder}`;

    it.each(scenarioNames(path))('%s', (name) => {
      const outcome = conformOne(path, name);
      if (outcome.kind === 'differ') expect.fail(`\n${formatDifference(outcome.difference)}`);
      expect(outcome).toMatchObject({ kind: 'agree' });
    });
  },
);
