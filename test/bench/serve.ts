import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { Figure } from './figures.ts';

/*
 * Measures one figure as often as asked: node serve.js FIGURES NAME, where FIGURES is the figures.js of any compiled
 * bench. For each line of its input it measures once and prints the number.
 */

/** Figures that time processes which they start. */
const OF_OTHER_PROCESSES = ['dario_s', 'help_ms'];

/** [ns] */
function cpuTime(): bigint {
  const { user, system } = process.cpuUsage();
  return 1000n * BigInt(user + system);
}

const [file, name] = process.argv.slice(2);
const { FIGURES } = (await import(pathToFileURL(file).href)) as { FIGURES: readonly Figure[] };
const figure = FIGURES.find((candidate) => candidate.name === name);
if (figure === undefined) throw new Error(`no figure ${name}`);
// Both sides' benches read this clock. The CPU time of this process is disturbed less by what else the machine does.
if (!OF_OTHER_PROCESSES.includes(name)) process.hrtime.bigint = cpuTime;
for await (const _ of createInterface({ input: process.stdin })) {
  console.log(await figure.measure({ quick: false, runs: 1 }));
}
