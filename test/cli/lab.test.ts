import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { studyFile } from '../batch/fixtures.ts';
import { PROGRAM, preemptlab, temporaryFolder } from './cli.ts';

/** Starts `preemptlab lab` and waits for its address. */
async function served() {
  const child = spawn('node', [PROGRAM, 'lab', studyFile()], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text) => resolve(String(text).split(' ')[0]));
    child.stderr.on('data', (text) => reject(new Error(String(text))));
  });
  return { child, ended, url };
}

function asked(url: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  return new Promise<IncomingMessage & { text: string }>((resolve, reject) => {
    request(url, options, (response) => {
      let text = '';
      response.on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve(Object.assign(response, { text })));
    })
      .on('error', reject)
      .end();
  });
}

describe('preemptlab lab', () => {
  it('serves one page to this machine alone, until Ctrl-C', async () => {
    const { child, ended, url } = await served();
    try {
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      const page = await asked(url);
      expect(page.statusCode).toBe(200);
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(page.text).toContain('<title>preemptlab lab</title>');
      const { port } = new URL(url);
      expect((await asked(url, { headers: { host: `localhost:${port}` } })).statusCode).toBe(200);
      // A name that somebody else has lead here.
      expect((await asked(url, { headers: { host: `evil.example:${port}` } })).statusCode).toBe(
        403,
      );
      expect((await asked(url, { method: 'POST' })).statusCode).toBe(405);
      expect((await asked(`${url}etc/passwd`)).statusCode).toBe(404);
      // Somebody is still connected.
      get(url, { agent: false }).on('error', () => {});
    } finally {
      child.kill('SIGINT');
    }
    expect(await ended).toBe(0);
  });

  it('writes the page as one file, again over its own only', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'lab.html');
    const set = ['--set', 'machine.timer_slop=1us'];
    const { status, stdout, stderr } = await preemptlab('lab', studyFile(), ...set, '--out', out);
    expect(stderr).toBe('');
    expect(stdout).toBe(`${out}   (open it in a browser; it needs nothing else)\n`);
    expect(status).toBe(0);
    const text = readFileSync(out, 'utf8');
    expect(text).toContain('machine.timer_slop=1us');
    expect(text.length).toBeLessThan(1e6);
    expect((await preemptlab('lab', studyFile(), '--out', out)).status).toBe(0);
    writeFileSync(out, 'mine');
    const refused = await preemptlab('lab', studyFile(), '--out', out);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('it is not as it was written here');
    expect(readFileSync(out, 'utf8')).toBe('mine');
  });

  it('opens the main study and two more if none is named', async () => {
    const out = join(temporaryFolder(), 'lab.html');
    expect((await preemptlab('lab', '--out', out)).status).toBe(0);
    const text = readFileSync(out, 'utf8');
    expect(text.length).toBeLessThan(1e6);
    // The licences of what it is made of go with it.
    for (const name of ['zod', 'yaml', '@observablehq/plot'])
      expect(text).toMatch(new RegExp(`^${name} [0-9.]+$`, 'm'));
    const [, data] = /id="source">(.*?)<\/script>/.exec(text) ?? [];
    const { experiments } = JSON.parse(data);
    expect(experiments.map(({ file }: { file: string }) => file)).toEqual([
      'experiments/dario.yaml',
      'experiments/check-rules.yaml',
      'experiments/atlas.yaml',
    ]);
  });

  it('refuses what it cannot open, and says why', async () => {
    const missing = await preemptlab('lab', 'nowhere.yaml');
    expect(missing.status).toBe(2);
    expect(missing.stderr).toBe('nowhere.yaml: there is no such file\n');
    const wrong = await preemptlab('lab', studyFile(), '--set', 'machine.pcpu=2');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('did you mean "pcpus"?');
  });
});
