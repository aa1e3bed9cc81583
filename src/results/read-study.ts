import { join } from 'node:path';
import { z } from 'zod';
import type { Experiment } from '../experiment/schema/schema.ts';
import { formatProblems } from '../input/problems.ts';
import { hashOf, readText } from './disk.ts';
import { contradiction, experimentOf, type Study, studySchema } from './study.ts';

/**
 * Files that hold a study's description are not larger [bytes]: an experiment file, its cost profiles, the ids of its cells
 * and what failed fit in.
 */
const STUDY_MAX = 16 << 20;
/** How deep they are nested at most; deeper JSON can take a hundred times its length in memory. */
const DEPTH_MAX = 8;

/** A study's description, with the hashes of the files of its results if it is a manifest; or why there is none. */
export type StudyResult =
  | { readonly ok: true; readonly study: Study; readonly files: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly message: string };

/** A study, and the experiment it was made from; or why they cannot be used. */
export type OpenedStudy =
  | { readonly ok: true; readonly study: Study; readonly experiment: Experiment }
  | { readonly ok: false; readonly message: string };

const hashes = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)).default({});
const manifestSchema = studySchema.extend({ files: hashes });

/** Reads the description of a study from a file in a results folder. */
export function readStudy(folder: string, name: string): StudyResult {
  const path = join(folder, name);
  try {
    const checked = manifestSchema.safeParse(readJson(path));
    if (checked.success) {
      const { files, ...study } = checked.data;
      if (hashOf([Buffer.from(study.experiment.text)]) !== study.experiment.sha256) {
        return refuse(`${path}: experiment.sha256 is not the hash of experiment.text`);
      }
      return { ok: true, study, files: new Map(Object.entries(files)) };
    }
    const { path: where, message } = checked.error.issues[0];
    return refuse(`${path}: ${where.join('.') || 'the file'}: ${message}`);
  } catch (error) {
    return refuse(messageAbout(path, error));
  }
}

/**
 * The experiment of a study, if this version can say what its replications give and the description does not
 * contradict itself.
 * @param folder - where it was read, for messages
 * @param version - of this program
 */
export function openStudy(study: Study, folder: string, version: string): OpenedStudy {
  if (study.preemptlab !== version) {
    const made = `made by preemptlab ${study.preemptlab}, and this is ${version}`;
    return refuse(`${folder}: ${made}: use that version, or run the experiment again`);
  }
  const loaded = experimentOf(study);
  if (!loaded.ok) {
    const problems = formatProblems(loaded.problems);
    return refuse(`${folder}: the experiment in it is wrong:\n${problems}`);
  }
  const { experiment } = loaded;
  const why = contradiction(study, experiment);
  if (why !== undefined) return refuse(`${folder}: its description was changed: ${why}`);
  return { ok: true, study, experiment };
}

/** What an error says, with the path if that is not in it. */
export function messageAbout(path: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.includes(path) ? message : `${path}: ${message}`;
}

/** Reads JSON that is neither large nor nested deeply. @throws Error, for people */
export function readJson(path: string): unknown {
  const text = readText(path, STUDY_MAX);
  if (isDeeper(text, DEPTH_MAX)) throw new Error(`it is nested deeper than ${DEPTH_MAX} levels`);
  return JSON.parse(text);
}

/** A text of JSON is nested deeper than `most` levels. */
function isDeeper(text: string, most: number): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (token === ']' || token === '}') depth--;
    else if ((token === '[' || token === '{') && ++depth > most) return true;
  }
  return false;
}

function refuse(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
