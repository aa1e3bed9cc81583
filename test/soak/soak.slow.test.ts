import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../cli/cli.ts';
import { randomExperiment } from './random-experiment.ts';
import { keepsLaws } from './watched.ts';

/** How long [s]; `npm run soak` makes it half an hour. With SOAK_ONE=N only the experiment of seed N. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 10);
const FIRST = Number(process.env.SOAK_SEED ?? 1);
const ONE = process.env.SOAK_ONE;
/** An experiment that takes longer hangs, however loaded the machine is [ms]. */
const PATIENCE = 1_200_000;

interface Answer {
  readonly refused?: string;
  readonly hashes?: Record<string, string>;
}

const children: ChildProcess[] = [fork('test/soak/child.mjs'), fork('test/soak/child.mjs')];
afterAll(() => {
  for (const child of children) child.kill();
});

function ask(child: ChildProcess, file: string, backwards: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it hangs')), PATIENCE);
    const died = (code: number | null) => reject(new Error(`its process died, exit code ${code}`));
    child.once('exit', died);
    child.once('message', (answer) => {
      clearTimeout(timer);
      child.off('exit', died);
      resolve(answer as Answer);
    });
    child.send({ file, backwards });
  });
}

it(
  `random experiments keep all laws and give the same bytes in two processes, ${SECONDS} s`,
  async () => {
    const folder = temporaryFolder();
    const end = Date.now() + 1000 * SECONDS;
    const seen = { carriedOut: 0, refused: 0, replications: 0 };
    const one = ONE === undefined ? undefined : Number(ONE);
    for (let seed = one ?? FIRST; seed === one || (one === undefined && Date.now() < end); seed++) {
      const file = join(folder, `soak-${seed}.yaml`);
      writeFileSync(file, randomExperiment(seed));
      const again = `to see it again: SOAK_ONE=${seed} npm run soak (the experiment: ${file})`;
      const asked = children.map((child, i) => ask(child, file, i === 1));
      // While they work, once more in here, watched.
      const [[a, b]] = await Promise.all([Promise.all(asked), keepsLaws(file)]).catch(
        (error: Error) => expect.fail(`${error.message}; ${again}`),
      );
      expect(a, again).toEqual(b);
      if (a.hashes === undefined) {
        seen.refused++;
        continue;
      }
      seen.carriedOut++;
      for (const [run, hash] of Object.entries(a.hashes)) {
        seen.replications++;
        expect(hash, `${run}; ${again}`).toMatch(/^[0-9a-f]{64}$/);
      }
    }
    console.log(`seeds from ${one ?? FIRST}: ${JSON.stringify(seen)}`);
    if (one === undefined) expect(seen.carriedOut).toBeGreaterThan(seen.refused);
  },
  1000 * SECONDS + 2 * PATIENCE,
);
