#!/usr/bin/env node
import { Command } from 'commander';
import { WRONG_INPUT } from './exit-codes.ts';
import { version } from './version.ts';

/** The command tree. Each command's code is loaded when it is called. */
const program = new Command('preemptlab')
  .description(
    'Where must long hypervisor work look for preemption, and what does it cost if it does not?',
  )
  .version(version())
  .showHelpAfterError('(preemptlab --help shows what there is)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : WRONG_INPUT));

program
  .command('run')
  .description('run an experiment: simulate, write the results folder, print summary and answer')
  .argument('<experiment>', 'experiment file (YAML)')
  .option('--out <folder>', 'results folder (default: results/<name of the experiment>)')
  .option('--jobs <n>', 'worker threads (default: one per processor)')
  .option('--seed <n>', 'instead of the seed of the file')
  .option('--replications <n>', 'instead of the replications of the file')
  .option('--set <path=value>', 'override a value of the file; may be repeated', collect, [])
  .option('--filter <texts>', 'only cells whose id contains one of these, comma-separated')
  .option('--dry-run', 'show cells and replications, simulate nothing')
  .option('--quiet', 'no progress and no summary')
  .addHelpText(
    'after',
    `
Examples:
  preemptlab run experiments/dario.yaml
  preemptlab run experiments/dario.yaml --replications 5 --set machine.timer_slop=1us --out /tmp/slop
  preemptlab run experiments/dario.yaml --filter never/,upstream/threshold=512 --dry-run`,
  )
  .action(async (file, options) => {
    const { runCommand } = await import('./run.ts');
    process.exitCode = await runCommand(file, options);
  });

program
  .command('check')
  .description('check an experiment file, run nothing')
  .argument('<experiment>', 'experiment file (YAML)')
  .option('--set <path=value>', 'override a value of the file; may be repeated', collect, [])
  .action(async (file, options) => {
    const { checkCommand } = await import('./check.ts');
    process.exitCode = checkCommand(file, options);
  });

program
  .command('conform')
  .description("compare with recorded decisions of Xen's code")
  .argument('<folder>', 'folder of *.scenario.json and *.trace.jsonl.gz')
  .addHelpText(
    'after',
    `
Prints a line per scenario; for the first difference ten records of context. Exit code 1 unless all agree.

Example:
  preemptlab conform test/conformance/sched`,
  )
  .action(async (folder) => {
    const { conformCommand } = await import('./conform.ts');
    process.exitCode = conformCommand(folder);
  });

/** Gathers the values of an option that may be repeated. */
function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

await program.parseAsync();
