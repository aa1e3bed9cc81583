import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig } from 'rolldown';

/** Puts the licences of the packages that a program is made of at its head: they go where it goes, also in pages that are handed on. */
const licences = {
  name: 'licences',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      const folders = Object.keys(chunk.modules ?? {})
        .map((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0])
        .filter((folder) => folder !== undefined);
      const packages = new Map();
      for (const folder of [...new Set(folders)].sort()) {
        const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        const file = readdirSync(folder).find((own) => /^licen[cs]e/i.test(own));
        if (file === undefined) throw new Error(`${folder} has no licence`);
        const text = readFileSync(join(folder, file), 'utf8').trim().replaceAll('*/', '* /');
        packages.set(text, [...(packages.get(text) ?? []), `${name} ${version}`]);
      }
      const notices = [...packages].map(([text, names]) => `${names.join(', ')}\n\n${text}`);
      if (notices.length > 0)
        chunk.code = `/*! This program contains:\n\n${notices.join('\n\n')}\n*/\n${chunk.code}`;
    }
  },
};

/** The program packed: it is only put into pages, and the package has half a megabyte less to unpack. */
const packed = {
  name: 'packed',
  generateBundle(_, bundle) {
    for (const [fileName, { code }] of Object.entries(bundle)) {
      this.emitFile({
        type: 'asset',
        fileName: `${fileName}.br`,
        source: brotliCompressSync(code),
      });
      delete bundle[fileName];
    }
  },
};

/** A program of a page in one piece. Users get it built: they have no bundler. */
const program = (name, plugins) => ({
  input: `src/${name}.ts`,
  platform: 'browser',
  output: { file: `dist/${name}.js`, format: 'iife', minify: true },
  plugins,
});

/** The script of report.html; the lab's page, and its worker. */
export default defineConfig([
  program('report/page/main', [licences]),
  program('lab/page', [licences, packed]),
  program('lab/worker', [licences, packed]),
]);
