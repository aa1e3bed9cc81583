import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { costProfileTexts, readTextFile } from '../experiment/plan/files.ts';
import { labDocument } from '../lab/document.ts';
import { settingOf } from '../lab/setting.ts';
import type { LabExperiment, LabSource } from '../lab/state.ts';
import { strangersAmong, writeOutput } from '../results/output-files.ts';
import { DONE, refuse } from './exit-codes.ts';
import { say } from './say.ts';
import { servePage } from './serve-page.ts';
import { version } from './version.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab lab`, as typed. */
export interface LabOptions {
  readonly out?: string;
  readonly set: readonly string[];
}

/** What is open unless an experiment is named: the flush of the main study, any work in units, and the operations of Xen. */
const SHIPPED = ['dario', 'check-rules', 'atlas'];
const EXPERIMENTS = fileURLToPath(new URL('../../experiments', import.meta.url));
const PROGRAMS = ['page', 'worker'] as const;

/** `preemptlab lab [EXPERIMENT]`: experiments in a browser, with everything to be moved. @returns the exit code */
export async function labCommand(
  file: string | undefined,
  { out, set }: LabOptions,
): Promise<number> {
  const files =
    file === undefined ? SHIPPED.map((name) => join(EXPERIMENTS, `${name}.yaml`)) : [file];
  const experiments: LabExperiment[] = [];
  for (const path of files) {
    const read = readTextFile(path);
    if (!read.ok) return refuse(`${path}: ${read.complaint.message}`);
    const name = basename(path, extname(path));
    experiments.push({ name, file: shownPath(path), text: read.text, overrides: set });
  }
  const source: LabSource = {
    version: version(),
    experiments,
    profiles: costProfileTexts(files[0]),
  };
  for (const { name } of experiments) {
    const found = settingOf(source, { experiment: name, sets: {} });
    if (!found.ok) return refuse(found.message);
  }
  const programs = PROGRAMS.map((name) =>
    fileURLToPath(new URL(`../lab/${name}.js.br`, import.meta.url)),
  );
  const missing = programs.filter((path) => !existsSync(path));
  if (missing.length > 0) return refuse(`${missing.join(', ')}: missing; npm run build makes it`);
  const [page, worker] = programs.map((path) =>
    brotliDecompressSync(readFileSync(path)).toString(),
  );
  const text = labDocument(source, { page, worker });
  return out === undefined ? servePage(text) : write(out, text);
}

/** As a command would name it here: below this folder its path; what comes with the package as in a clone. */
function shownPath(path: string): string {
  const below = relative('.', path);
  if (!below.startsWith('..') && !isAbsolute(below)) return below;
  return dirname(path) === EXPERIMENTS ? join('experiments', basename(path)) : basename(path);
}

function write(out: string, text: string): Promise<number> {
  const [folder, name] = [dirname(out), basename(out)];
  return withLock(folder, async () => {
    const strangers = strangersAmong(folder, [name]);
    if (strangers.length > 0) return refuse(strangers.join('\n'));
    writeOutput(folder, name, [text]);
    say(`${out}   (open it in a browser; it needs nothing else)`);
    return DONE;
  });
}
