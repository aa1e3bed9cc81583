import { z } from 'zod';
import type { FlushScenario } from './flush-scenario.ts';
import { explainIssues } from './scenario-issues.ts';

const gfn = z.number().int().min(0);

const schema = z.object({
  name: z.string(),
  lowest: gfn,
  max: gfn,
  start: gfn,
  end: gfn,
  preempt: z.array(z.number().int().min(0)),
  extents: z.array(
    z.union([
      z.tuple([gfn, z.number().int().min(0), z.enum(['ram', 'mmio', 'hole']), z.number()]),
      z.tuple([
        gfn,
        z.number().int().min(0),
        z.enum(['ram', 'mmio', 'hole']),
        z.number(),
        z.number().int().min(1),
      ]),
    ]),
  ),
});

/**
 * Reads a flush scenario.
 * @returns the scenario, or what is wrong with it, for people
 */
export function parseFlushScenario(
  json: unknown,
): { ok: true; scenario: FlushScenario } | { ok: false; problem: string } {
  const parsed = schema.safeParse(json);
  if (!parsed.success) return { ok: false, problem: explainIssues(parsed.error) };
  return { ok: true, scenario: parsed.data };
}
