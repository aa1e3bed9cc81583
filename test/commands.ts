import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { temporaryFolder } from './cli/cli.ts';

const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };

/** The lines of all `sh` blocks of a document that run the program, each as its arguments. */
export function commands(document: string): string[][] {
  const blocks = readFileSync(document, 'utf8').matchAll(/```sh\n([\s\S]*?)```/g);
  return [...blocks]
    .flatMap(([, block]) => block.split('\n'))
    .filter((line) => line.startsWith('npx preemptlab '))
    .map((line) =>
      line
        .replace(/\s+#.*$/, '')
        .split(' ')
        .slice(2),
    );
}

/** The programs of a document, without their types: blocks of TypeScript that import the package. */
export function programs(document: string): string[] {
  const blocks = readFileSync(document, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g);
  return [...blocks]
    .map(([, program]) => program)
    .filter((program) => program.includes("from 'preemptlab"))
    .map((program) => ts.transpileModule(program, { compilerOptions }).outputText);
}

/** A folder in which the commands of the documents can be run without touching the project. */
export function sandbox(): string {
  const folder = temporaryFolder();
  for (const name of ['experiments', 'test']) symlinkSync(resolve(name), join(folder, name));
  mkdirSync(join(folder, 'results'));
  return folder;
}
