import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { Figure } from './figures.ts';

/*
 * Measures one figure as often as asked: node serve.js FIGURES NAME, where FIGURES is the figures.js of any compiled
 * bench. For each line of its input it measures once and prints the number.
 */

const [file, name] = process.argv.slice(2);
const { FIGURES } = (await import(pathToFileURL(file).href)) as { FIGURES: readonly Figure[] };
const figure = FIGURES.find((candidate) => candidate.name === name);
if (figure === undefined) throw new Error(`no figure ${name}`);
for await (const _ of createInterface({ input: process.stdin })) {
  console.log(await figure.measure({ quick: false, runs: 1 }));
}
