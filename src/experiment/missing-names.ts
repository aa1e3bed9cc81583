import type { Experiment } from './schema/schema.ts';

/** What `read_csv` of pandas takes for a missing value by default, as far as names and labels of levels can be so. R takes NA so. */
const MISSING: ReadonlySet<string> = new Set([
  ...['NA', 'NULL', 'NaN', 'None', 'nan', 'null', '-NaN', '-nan'],
]);

/** Names of the file that programs which read its tables take for missing values, and where they stand. */
export function missingNames({
  factors,
  policies,
  cells,
}: Pick<Experiment, 'factors' | 'policies' | 'cells'>): string[] {
  const told = (where: string, names: Iterable<string>) =>
    [...new Set(names)].filter((name) => MISSING.has(name)).map((name) => `${where} ${name}`);
  return [
    ...factors.flatMap(({ name, levels }) => told(`level of ${name}`, levels)),
    ...told('policy', policies),
    ...told(
      'domain',
      cells.flatMap(({ setup }) => setup.domains.map(({ name }) => name)),
    ),
  ];
}
