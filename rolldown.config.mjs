import { defineConfig } from 'rolldown';

/** A program of a page in one piece. Users get it built: they have no bundler. */
const program = (name) => ({
  input: `src/${name}.ts`,
  platform: 'browser',
  output: { file: `dist/${name}.js`, format: 'iife', minify: true },
});

/** The script of report.html; the lab's page, and its worker. */
export default defineConfig(['report/page/main', 'lab/page', 'lab/worker'].map(program));
