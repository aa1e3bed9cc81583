import { describe, expect, it } from 'vitest';
import { preemptlab } from './cli.ts';

describe('preemptlab advise', () => {
  it('says which threshold and which interval keep a target, and checks that by simulation', async () => {
    const { status, stdout } = await preemptlab(
      'advise',
      '--costs',
      'zcu102-a53',
      '--target',
      '50us',
    );
    expect(stdout).toMatch(/For at most 50 us:\n {2}\{threshold: \d+\}: a check every \d+ pages/);
    expect(stdout).toMatch(/or by time:\n {2}\{every: \d+ns\}/);
    expect(stdout).toMatch(/Simulated: the longest of 1000 waits is [\d.]+ us: as computed\./);
    expect(stdout).toMatch(/With costs that vary as the profile says it is [\d.]+ us\./);
    expect(status).toBe(0);
  });

  it('says what worst case a threshold means, for costs of one’s own', async () => {
    const costs = ['--set', 'machine.costs.page=2us'];
    const { status, stdout } = await preemptlab('advise', '--threshold', '512', ...costs);
    expect(stdout).toContain('page 2 us');
    expect(stdout).not.toContain('vary');
    expect(stdout).toMatch(/\{threshold: 512\}: a check every 52 pages, c = 104\.\d us/);
    expect(status).toBe(0);
  });

  it.each([
    [[], 'expected one of --target DURATION, --threshold NUMBER and --every DURATION'],
    [['--target', '1us', '--every', '1us'], 'expected one of --target'],
    [['--target', 'soon'], '--target soon: expected a duration like 50us'],
    [['--target', '1us', '--costs', 'fast'], 'there is no cost profile "fast"'],
    [
      ['--target', '1us', '--costs', 'a53'],
      'there is no cost profile "a53"; allowed: m400-xgene, neoverse-n1, qemu-icount, qemu-icount-412, ' +
        'qemu-icount-master, rpi4-a72, zcu102-a53, zero',
    ],
  ])('refuses %j', async (options, message) => {
    const { status, stderr } = await preemptlab('advise', ...options);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
