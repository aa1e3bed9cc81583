import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAM } from './cli/cli.ts';
import { commands, programs, sandbox } from './commands.ts';

/** All but the README, whose commands test/packaging.slow.test.ts runs with the installed package. */
const documents = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));

/** What the commands of docs/validation.md write is compared with it: test/docs/validation.slow.test.ts. */
const others = documents.filter((document) => document !== 'docs/validation.md');

describe.each(others.filter((document) => commands(document).length > 0))(
  'commands in %s work',
  (document) => {
    const folder = sandbox();
    it.each(commands(document).map((args) => [args.join(' '), args]))('%s', (_, args) => {
      const { status, stderr } = spawnSync('node', [PROGRAM, ...args], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(stderr).not.toMatch(/error/i);
      expect(status).toBe(0);
    });
  },
);

describe('links in the documents lead somewhere', () => {
  it.each(['README.md', ...documents])('%s', (document) => {
    const links = [...readFileSync(document, 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)];
    expect(links.map(([, target]) => target)).not.toContain('');
    for (const [, target] of links) {
      if (/^https?:/.test(target)) continue;
      const path = resolve(document, '..', target);
      expect(existsSync(path), `${document} -> ${target}`).toBe(true);
    }
  });
});

it('programs are in no other document than the one whose programs test/packaging.slow.test.ts runs', () => {
  const having = ['README.md', ...documents].filter((document) => programs(document).length > 0);
  expect(having).toEqual(['docs/api.md']);
});
