import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, it } from 'vitest';
import { parseSchedulerScenario } from '../../src/conformance/scenario.ts';
import { Arinc653Model } from './arinc653.ts';
import { type Model, modelled, sameRecords } from './compare.ts';
import { CreditModel } from './credit.ts';
import { RtdsModel } from './rtds.ts';

const CONFORMANCE = new URL('../conformance/', import.meta.url);
const FOLDERS = ['sched', 'sched-4.12', 'runtime', 'runtime-4.12'];

/* What a model is worth: it must agree with what the code of Xen decided. */
describe.each<[string, Model]>([
  ['credit', CreditModel],
  ['rtds', RtdsModel],
  ['arinc653', Arinc653Model],
])('the model of %s', (sched, Model) => {
  const recorded = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(folder, CONFORMANCE))
      .filter((file) => file.startsWith(`${sched}-`) && file.endsWith('.scenario.json'))
      .map((file) => `${folder}/${file.replace('.scenario.json', '')}`),
  );

  it.each(recorded)('decides as Xen did in %s', (path) => {
    const json = readFileSync(new URL(`${path}.scenario.json`, CONFORMANCE), 'utf8');
    const parsed = parseSchedulerScenario(JSON.parse(json));
    if (!parsed.ok) throw new Error(parsed.problem);
    const trace = gunzipSync(readFileSync(new URL(`${path}.trace.jsonl.gz`, CONFORMANCE)));
    sameRecords(trace.toString().trimEnd().split('\n'), modelled(parsed.scenario, Model));
  });
});
