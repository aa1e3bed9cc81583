import { parseArgs } from 'node:util';
import { measureInChild } from './child.ts';
import { chosenFigures, FIGURES, type Figure, nested } from './figures.ts';
import { rounded } from './measure.ts';
import { markdown, type Row } from './table.ts';
import { ratios } from './yardstick.ts';

/*
 * How fast the project is.
 *
 *     npm run bench                      a table with floors and aims
 *     npm run bench -- --json            one JSON object
 *     npm run bench -- --only hold,mm1   only figures whose names begin so
 *     npm run bench -- --yardstick DIR   and ratios to the C++ programs that DIR/run.sh compiles and runs
 *
 * Each figure is measured in a process of its own (--figure NAME, which prints the bare number).
 */

const RUNS = 8;

async function measureHere(name: string, runs: number): Promise<number> {
  const figure = FIGURES.find((candidate) => candidate.name === name);
  if (figure === undefined) throw new Error(`no figure ${name}`);
  return figure.measure({ quick: false, runs });
}

function measure(figure: Figure, runs: number): Row[] {
  const value = measureInChild('.', figure.name, runs);
  return value === undefined ? [] : [{ ...figure, value }];
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    only: { type: 'string' },
    yardstick: { type: 'string' },
    runs: { type: 'string', default: String(RUNS) },
    figure: { type: 'string' },
  },
});
const runs = Number(options.runs);
if (options.figure !== undefined) {
  console.log(await measureHere(options.figure, runs));
} else {
  const chosen = chosenFigures(options.only);
  const rows = chosen.flatMap((figure) => measure(figure, runs));
  if (rows.length < chosen.length) process.exitCode = 1;
  if (options.yardstick !== undefined) rows.push(...ratios(options.yardstick));
  const values = new Map(rows.map(({ name, value }) => [name, rounded(value)]));
  console.log(options.json ? JSON.stringify(nested(values)) : markdown(rows));
}
