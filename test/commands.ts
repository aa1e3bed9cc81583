import { readFileSync } from 'node:fs';

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

/** The `js` blocks of a document. */
export function programs(document: string): string[] {
  const blocks = readFileSync(document, 'utf8').matchAll(/```js\n([\s\S]*?)```/g);
  return [...blocks].map(([, program]) => program);
}
