import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

/** A program of a page in one piece. Users get it built: they have no bundler. */
const program = (name) => ({
  input: `src/${name}.ts`,
  platform: 'browser',
  resolve: {
    // In a browser charts are drawn in the page's own document.
    alias: {
      'linkedom/worker': fileURLToPath(new URL('src/lab/browser/own-document.ts', import.meta.url)),
    },
  },
  output: { file: `dist/${name}.js`, format: 'iife', minify: true },
});

/** The script of report.html; the lab's page, and its worker. */
export default defineConfig(['report/page/main', 'lab/page', 'lab/worker'].map(program));
