import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const SERVE = 'dist-bench/test/bench/serve.js';

/** A process that measures one figure of one checkout again and again, and sleeps in between. */
export class Side {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private errors = '';

  /**
   * @param folder - a checkout of the project
   * @param bench - the folder in it that holds a compiled bench
   */
  constructor(folder: string, bench: string, name: string) {
    const figures = resolve(join(folder, bench, 'test/bench/figures.js'));
    this.child = spawn(process.execPath, [resolve(SERVE), figures, name], { cwd: folder });
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new Error('a child without output');
    this.lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    stderr.on('data', (text) => {
      this.errors += text;
    });
    this.child.stdin?.on('error', () => {}); // it has ended: the missing answer says so
  }

  /** Measures once; undefined if that fails. */
  async measure(): Promise<number | undefined> {
    this.child.stdin?.write('\n');
    const { value, done } = await this.lines.next();
    return done ? undefined : Number(value);
  }

  /** Why it failed. */
  get reason(): string {
    return this.errors.split('\n').find((line) => /^\w*Error/.test(line)) ?? this.errors;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.stdin?.end();
    this.child.kill();
    await once(this.child, 'close');
  }
}
