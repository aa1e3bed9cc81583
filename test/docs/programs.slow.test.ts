import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** Programs in the documents: blocks of TypeScript that import the package. */
const programs = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) =>
    [...readFileSync(join('docs', name), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)]
      .map(([, text]) => text)
      .filter((text) => text.includes("from 'preemptlab"))
      .map((text, index) => [`docs/${name}, program ${index + 1}`, text] as const),
  );

const options: ts.CompilerOptions = {
  ...ts.convertCompilerOptionsFromJson(
    JSON.parse(readFileSync('tsconfig.json', 'utf8')).compilerOptions,
    '.',
  ).options,
  // The sources in place of the package that is built of them.
  paths: { preemptlab: ['./src/index.ts'], 'preemptlab/*': ['./src/exports/*.ts'] },
};

/** What the compiler says of each of some programs. */
function complaints(texts: readonly string[]): string[][] {
  const files = new Map(texts.map((text, i) => [resolve(`program-${i}.ts`), text]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    return text === undefined
      ? getSourceFile.call(host, name, ...rest)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ES2023);
  };
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
  host.readFile = (name) => files.get(name) ?? readFile.call(host, name);
  const program = ts.createProgram([...files.keys()], options, host);
  const found = ts.getPreEmitDiagnostics(program);
  return [...files.keys()].map((name) =>
    found
      .filter(({ file }) => file?.fileName === name)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  );
}

const WRONG = "import { Machine } from 'preemptlab';\nnew Machine(1);\n";

describe('programs in the documents', () => {
  it('are there', () => expect(programs.length).toBeGreaterThan(3));

  it('give the compiler nothing to complain about; a wrong one does', () => {
    const found = complaints([...programs.map(([, text]) => text), WRONG]);
    expect(found.pop()).toHaveLength(1);
    expect(found.flat()).toEqual([]);
  });

  it.each(programs)('%s runs', (_, text) => {
    const compilerOptions = { ...options, module: ts.ModuleKind.ESNext };
    const { outputText } = ts.transpileModule(text, { compilerOptions });
    const args = ['--input-type=module', '-e', outputText];
    const { status, stderr } = spawnSync('node', args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
