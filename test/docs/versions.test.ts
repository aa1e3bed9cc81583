import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { PARAMETER_VERSIONS } from '../../src/experiment/schema/scheduler-schema.ts';
import { SOFTIRQ_ORDER, type XenVersion } from '../../src/hypervisor/cpu/softirq.ts';
import { TOOLSTACK_RULES } from '../../src/hypervisor/toolstack/versions.ts';
import { ARINC653_RULES } from '../../src/schedulers/arinc653/versions.ts';
import { CREDIT_RULES } from '../../src/schedulers/credit/versions.ts';
import { CREDIT2_DIFFERENCES } from '../../src/schedulers/credit2/versions.ts';
import { NULL_RULES } from '../../src/schedulers/null/versions.ts';
import { RTDS_RULES } from '../../src/schedulers/rtds/versions.ts';

const VERSIONS: readonly XenVersion[] = ['4.12', '4.17', 'master'];

/** The tables that the schedulers decide by, with the sources that describe their rules. */
const TABLES: readonly (readonly [string, Readonly<Record<XenVersion, object>>])[] = [
  ['credit', CREDIT_RULES],
  ['credit2', CREDIT2_DIFFERENCES],
  ['rtds', RTDS_RULES],
  ['null', NULL_RULES],
  ['arinc653', ARINC653_RULES],
  ['toolstack', TOOLSTACK_RULES],
];

/** What the comment above each member of the interface says, by member. */
function descriptions(scheduler: string): Map<string, string> {
  const room = scheduler === 'toolstack' ? 'hypervisor' : 'schedulers';
  const text = readFileSync(`src/${room}/${scheduler}/versions.ts`, 'utf8');
  const members = text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+):/g);
  return new Map(
    [...members].map(([, comment, name]) => [name, comment.replace(/\s*\n\s*\*\s?/g, ' ').trim()]),
  );
}

const word = (value: unknown) =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value).replaceAll('-', '\u2011');

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function schedulerRows(scheduler: string, rules: Readonly<Record<XenVersion, object>>): string[] {
  const said = descriptions(scheduler);
  return Object.keys(rules.master).map((rule) => {
    const values = VERSIONS.map((xen) => word(rules[xen][rule as keyof object]));
    return row([scheduler, said.get(rule) ?? `${rule} is not described`, ...values]);
  });
}

function document(): string {
  const parameters = Object.entries(PARAMETER_VERSIONS).flatMap(([scheduler, parameters]) =>
    Object.entries(parameters).map(([parameter, versions]) =>
      row([scheduler, `\`${parameter}\``, ...VERSIONS.map((xen) => word(versions.includes(xen)))]),
    ),
  );
  const head = (what: string) => [
    row(['', what, ...VERSIONS]),
    row(['---', '---', ...VERSIONS.map(() => '---')]),
  ];
  return `${[
    '# What differs between versions of Xen',
    '',
    '`machine.xen` chooses the version: `4.12` is RELEASE-4.12.0, `4.17` is RELEASE-4.17, `master` is Xen of August 2026,',
    'after 4.22. The tables are made from those that the schedulers decide by, so they cannot differ from the code. Releases',
    'between the three behave like the later one from the release on in which a change came. One change came to stable',
    'branches as well: that a slice of credit2 minds the unit that was preempted is in 4.21, 4.20.2 and 4.19.3.',
    '',
    '## Rules of the schedulers',
    '',
    ...head('rule'),
    ...TABLES.flatMap(([scheduler, rules]) => schedulerRows(scheduler, rules)),
    '',
    '## Parameters that not every version has',
    '',
    'A parameter that the version lacks is refused.',
    '',
    ...head('parameter'),
    ...parameters,
    '',
    '## Softirqs, lowest number first',
    '',
    ...VERSIONS.map((xen) => `- ${xen}: ${SOFTIRQ_ORDER[xen].join(', ')}`),
    '',
    'The return path, the tracking of accesses and the emulation of devices differ as well: see [model.md](model.md).',
  ].join('\n')}\n`;
}

it('every rule in which versions differ is described', () => {
  expect(document()).not.toContain('is not described');
});

it('docs/versions.md says what the code does', async () => {
  await expect(document()).toMatchFileSnapshot(resolve('docs/versions.md'));
});
