import { appendFileSync } from 'node:fs';

/** Notes how often something was tried, for `npm run promises`, which puts the sums into docs/scaling.md. */
export function tally(tried: string, times: number): void {
  const file = process.env.TALLY;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ tried, times })}\n`);
}
