import type { Command } from 'commander';

/**
 * Adds the commands that read what xentrace recorded.
 * @param group - heading of the help below which they stand
 * @param done - is told what a command has ended with
 */
export function addTraceCommands(
  program: Command,
  group: string,
  done: (code: number) => void,
): void {
  program
    .command('import')
    .helpGroup(group)
    .description('turn a trace that xentrace recorded into an experiment with the same workload')
    .argument('<trace>', 'xentrace file (binary)')
    .option(
      '--cpu-hz <hz>',
      "speed of the trace's TSC, with K, M or G (default: as the trace says)",
    )
    .option('--from <time>', 'leave out what was before, such as 100ms after the first record (0)')
    .option('--for <time>', 'how long the part is that is taken (default: to the last record)')
    .option('--domains <ids>', 'only these domains, such as 0,5 (default: all)')
    .option(
      '--periodic',
      'open loop: timers with dates of their own, and vCPUs that others wake, where it seems so',
    )
    .option('--strict', 'refuse records that contradict others, as if some were missing')
    .option(
      '--out <folder>',
      'where to write workload.yaml (default: results/<name of the trace>-workload)',
    )
    .addHelpText(
      'after',
      `
What is taken over: how long each vCPU ran and how long it was blocked after that, its yields, and
the scheduler. Who stayed on one pCPU is pinned to it; who still wanted to run at the end spins on.

Examples:
  preemptlab import trace.xen --out /tmp/recorded
  preemptlab import trace.xen.gz --from 2s --for 500ms --domains 0,5
  preemptlab run /tmp/recorded/workload.yaml --set machine.scheduler=credit2`,
    )
    .action(async (file, options) => {
      const { importCommand } = await import('./import.ts');
      done(await importCommand(file, options));
    });

  program
    .command('calibrate')
    .helpGroup(group)
    .description(
      'derive a cost profile from traces that xentrace recorded, and check it by replaying them',
    )
    .argument('<traces...>', 'xentrace files (binary)')
    .option('--base <profile>', 'where costs come from that no record bounds', 'qemu-icount')
    .option('--out <folder>', 'where to write (default: results/calibrated)')
    .addHelpText(
      'after',
      `
Writes two profiles for each scheduler, such as costs/calibrated-credit.yaml (Xen as it is) and
costs/calibrated-credit-traced.yaml (while it is traced), and each trace's workload under the latter.

Example:
  preemptlab calibrate credit.xen.gz credit2.xen.gz --out /tmp/mine`,
    )
    .action(async (files, options) => {
      const { calibrateCommand } = await import('./calibrate.ts');
      done(await calibrateCommand(files, options));
    });
}
