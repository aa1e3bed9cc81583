import { createHash } from 'node:crypto';
import { basename, isAbsolute, relative } from 'node:path';
import { z } from 'zod';
import { type LoadResult, readExperiment } from '../experiment/plan/parse.ts';
import type { Cell, Experiment } from '../experiment/schema/schema.ts';
import { makeSource } from '../input/tree.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** More than anybody types. */
const OVERRIDES_MAX = 10_000;
/** Checked as a whole, as telling about each of millions of mistakes would take gigabytes. */
const overrides = z.custom<string[]>(
  (value) => Array.isArray(value) && value.length <= OVERRIDES_MAX && value.every(isText),
  { error: `expected a list of at most ${OVERRIDES_MAX} texts` },
);
const profiles = z.custom<Record<string, string>>(
  (value) => isObject(value) && Object.values(value).every(isText),
  { error: 'expected texts by name' },
);
export const studySchema = z.object({
  preemptlab: z.string(),
  seed: z.number(),
  replications: z.int().min(1).max(1e6),
  identity: hash,
  experiment: z.object({
    file: z.string(),
    sha256: hash,
    text: z.string(),
    overrides,
    filter: z.string().optional(),
    profiles,
  }),
});

/**
 * What a results folder is made from: the experiment with everything that its file refers to, and the versions. It
 * is kept in the journal and in manifest.json, so that a folder can be completed, merged and reported on by itself.
 */
export type Study = z.output<typeof studySchema>;

/** Describes the study of an experiment whose cells `filter` has chosen. */
export function describeStudy(
  experiment: Experiment,
  filter: string | undefined,
  version: string,
): Study {
  const { file, text, seed, replications, overrides, profiles } = experiment;
  return {
    preemptlab: version,
    seed,
    replications,
    identity: identityOf(experiment),
    experiment: {
      file: shownName(file),
      sha256: sha256(text),
      text,
      overrides: [...overrides],
      ...(filter !== undefined && { filter }),
      profiles: { ...profiles },
    },
  };
}

/** The experiment with only the cells whose id contains one of the comma-separated texts. */
export function filterCells(experiment: Experiment, filter: string | undefined): Experiment {
  if (filter === undefined) return experiment;
  const texts = filter.split(',').filter((text) => text !== '');
  // Who names a cell in full means it alone: pcpus=1 is also the beginning of pcpus=16.
  const ids = new Set(experiment.cells.map(({ id }) => id));
  const cells = experiment.cells.filter(({ id }) =>
    texts.some((text) => (ids.has(text) ? id === text : id.includes(text))),
  );
  return { ...experiment, cells };
}

/** What each record of a study is bound to: records of another seed, other settings or another version are none of it. */
export function recordKey({ preemptlab, identity }: Study): string {
  return sha256(`${preemptlab} ${identity}`);
}

/** Why a description contradicts itself; undefined if it does not. @param experiment - read from it */
export function contradiction(study: Study, experiment: Experiment): string | undefined {
  const again = describeStudy(experiment, study.experiment.filter, study.preemptlab);
  for (const name of ['seed', 'replications', 'identity'] as const) {
    if (again[name] !== study[name]) {
      return `${name} is ${study[name]}, but that of its experiment is ${again[name]}`;
    }
  }
  return undefined;
}

/** The experiment that a study was made from; problems if it is none for this version. */
export function experimentOf(study: Study): LoadResult {
  const { file, text, overrides, filter, profiles } = study.experiment;
  const source = {
    read: (name: string) =>
      Object.hasOwn(profiles, name)
        ? { source: makeSource(`${name}.yaml`, profiles[name]) }
        : { complaint: { message: `the results do not hold the cost profile ${name}` } },
  };
  const loaded = readExperiment(file, text, source, overrides);
  if (!loaded.ok) return loaded;
  return { ok: true, experiment: filterCells(loaded.experiment, filter) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Why records of study `a` cannot be used for study `b`; undefined if they can. The question, the comparisons and
 * the number of replications may differ, as they have no influence on what one replication gives.
 */
export function incompatibility(a: Study, b: Study): string | undefined {
  if (a.preemptlab !== b.preemptlab) {
    return `made by preemptlab ${a.preemptlab}, this is ${b.preemptlab}`;
  }
  if (a.seed !== b.seed) return `made with seed ${a.seed}, not ${b.seed}`;
  if (a.identity !== b.identity) return 'made by another experiment (other cells or settings)';
  return undefined;
}

/** A hash of all that decides what replications give: seed, cells and their settings. */
function identityOf({ seed, measure, factors, cells }: Experiment): string {
  const settings = cells.map(({ id, policy, levels, setup }: Cell) => [id, policy, levels, setup]);
  return sha256(JSON.stringify([seed, measure, factors.map(({ name }) => name), settings]));
}

/** A file's name as it is shown in results: below the current folder its path, else no path at all. */
function shownName(file: string): string {
  const path = relative('.', file);
  return path.startsWith('..') || isAbsolute(path) ? basename(file) : path;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
