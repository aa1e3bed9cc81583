import type { Experiment } from '../experiment/schema/schema.ts';
import { describeField, type Field } from './field-descriptions.ts';

/** A table of a results folder: its file, and its columns. */
export interface TableFile {
  readonly file: string;
  readonly columns: readonly string[];
}

/**
 * datapackage.json: every table of a results folder with each of its fields, their types and units, as a Tabular Data Package
 * (Frictionless Data, specs.frictionlessdata.io), which tools for tables read.
 * @throws Error if a column has no description
 */
export function dataPackage(experiment: Experiment, tables: readonly TableFile[]) {
  return {
    profile: 'tabular-data-package',
    name: 'preemptlab-results',
    title: firstSentence(experiment.question),
    description: experiment.question,
    resources: tables.map(({ file, columns }) => resourceOf(experiment, file, columns)),
  };
}

function resourceOf(experiment: Experiment, file: string, columns: readonly string[]) {
  const fields: Field[] = columns.map((column) => describeField(experiment, file, column));
  return {
    profile: 'tabular-data-resource',
    name: file.replace(/\.csv(\.gz)?$/, ''),
    path: file,
    format: 'csv',
    mediatype: 'text/csv',
    encoding: 'utf-8',
    ...(file.endsWith('.gz') && { compression: 'gz' }),
    schema: { fields, missingValues: [''] },
  };
}

function firstSentence(text: string): string {
  return /^.*?[.?!](?=\s|$)/s.exec(text)?.[0].replace(/\s+/g, ' ') ?? text;
}
