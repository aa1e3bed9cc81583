import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './cli/cli.ts';

/** The lines of all `sh` blocks of a document that run the program. */
function commands(file: string): string[] {
  const blocks = readFileSync(file, 'utf8').matchAll(/```sh\n([\s\S]*?)```/g);
  return [...blocks]
    .flatMap(([, block]) => block.split('\n'))
    .filter((line) => line.startsWith('npx preemptlab '));
}

const documents = ['README.md', ...readdirSync('docs').map((name) => join('docs', name))].filter(
  (name) => name.endsWith('.md'),
);

/** A folder in which the commands of the documents can be run without touching the project. */
function sandbox(): string {
  const folder = temporaryFolder();
  for (const name of ['experiments', 'test']) symlinkSync(resolve(name), join(folder, name));
  mkdirSync(join(folder, 'results'));
  return folder;
}

describe('commands in the documents work', () => {
  const folder = sandbox();
  const program = resolve('dist/cli/main.js');
  for (const document of documents) {
    for (const command of commands(document)) {
      it(`${document}: ${command}`, () => {
        const args = command.replace('npx preemptlab ', '').split(' ');
        const { status, stderr } = spawnSync('node', [program, ...args], {
          cwd: folder,
          encoding: 'utf8',
        });
        expect(stderr).not.toMatch(/error/i);
        expect(status).toBe(0);
      });
    }
  }
});

describe('programs in the documents work', () => {
  for (const document of documents) {
    const blocks = [...readFileSync(document, 'utf8').matchAll(/```js\n([\s\S]*?)```/g)];
    for (const [i, [, program]] of blocks.entries()) {
      it(`${document}: program ${i + 1}`, () => {
        // Run in the project, so that it can import the package by name.
        const args = ['--input-type=module', '-e', program];
        const { status, stderr } = spawnSync('node', args, { encoding: 'utf8' });
        expect(stderr).toBe('');
        expect(status).toBe(0);
      });
    }
  }
});

describe('links in the documents lead somewhere', () => {
  it.each(documents)('%s', (document) => {
    const links = [...readFileSync(document, 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)];
    for (const [, target] of links) {
      if (/^https?:/.test(target)) continue;
      const path = resolve(document, '..', target);
      expect(existsSync(path), `${document} -> ${target}`).toBe(true);
    }
  });
});
