import { readFileSync } from 'node:fs';

/** Where the build puts the page's script: the same file for what is built and for its sources. */
const BUILT = new URL('../../../dist/report/page/main.js', import.meta.url);

let script: string | undefined;

/** The script of report.html, which is `src/report/page` in one piece. @throws if it was not built */
export function pageScript(): string {
  script ??= readFileSync(BUILT, 'utf8').trim();
  return script;
}
