import { z } from 'zod';

/** Mistakes of a scenario are told up to this many. */
const TOLD_MAX = 20;

/** What is wrong with a scenario and where, for people. */
export function explainIssues({ issues }: z.ZodError): string {
  const told = z.prettifyError({ issues: issues.slice(0, TOLD_MAX) });
  return issues.length > TOLD_MAX ? `${told}\nand ${issues.length - TOLD_MAX} more` : told;
}
