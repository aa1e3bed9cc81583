import { Command, CommanderError } from 'commander';
import { FolderError, isSystemError } from '../results/disk.ts';
import { DONE, refuse, WRONG_INPUT } from './exit-codes.ts';
import { safeLines } from './say.ts';
import { addTraceCommands } from './trace-commands.ts';
import { version } from './version.ts';

/** What one wants to do: headings of the help. */
const ASK = 'Ask a question:';
const WRITE = 'Write an experiment:';
const LOOK = 'Look at what came out:';
const XEN = 'Compare with a real Xen:';
const MANY = 'Use many machines:';

/** What the command that was called last ended with. */
let code = DONE;

/** The command tree. Each command's code is loaded when it is called. */
const program = new Command('preemptlab')
  .description(
    'Where must long hypervisor work check for preemption, and what does it cost if it does not?',
  )
  .version(version())
  .configureOutput({ writeErr: (text) => process.stderr.write(safeLines(text)) })
  .showHelpAfterError('(preemptlab --help shows what there is)')
  .exitOverride()
  .commandsGroup('Help:');

program
  .command('init')
  .helpGroup(WRITE)
  .description('write a first experiment, with comments')
  .argument('[file]', 'file to be made', 'experiment.yaml')
  .action(async (file) => {
    const { initCommand } = await import('./init.ts');
    code = initCommand(file);
  });

program
  .command('check')
  .helpGroup(WRITE)
  .description('check an experiment file, run nothing')
  .argument('<experiment>', 'experiment file (YAML)')
  .option('--set <path=value>', 'override a value of the file; may be repeated', collect, [])
  .action(async (file, options) => {
    const { checkCommand } = await import('./check.ts');
    code = checkCommand(file, options);
  });

program
  .command('schema')
  .helpGroup(WRITE)
  .description('print the JSON Schema of experiment files, for editors')
  .action(async () => {
    const { schemaCommand } = await import('./schema.ts');
    code = schemaCommand();
  });

program
  .command('lab')
  .helpGroup(ASK)
  .description(
    'move everything and see at once what comes of it: the simulator as a page in a browser',
  )
  .argument('[experiment]', 'experiment file (YAML) (default: the main study and two more)')
  .option('--set <path=value>', 'override a value of the file; may be repeated', collect, [])
  .option('--out <file>', 'write the page, which needs nothing else, instead of opening it')
  .addHelpText(
    'after',
    `
Serves the page to this machine alone, until Ctrl-C.

Examples:
  preemptlab lab
  preemptlab lab experiments/dario.yaml --set machine.timer_slop=1us --out results/lab.html`,
  )
  .action(async (file, options) => {
    const { labCommand } = await import('./lab.ts');
    code = await labCommand(file, options);
  });

program
  .command('run')
  .helpGroup(ASK)
  .description('run an experiment: simulate, write the results folder, print summary and answer')
  .argument('<experiment>', 'experiment file (YAML)')
  .option('--out <folder>', 'results folder (default: results/<name of the experiment>)')
  .option('--jobs <n>', 'worker threads (default: one per processor)')
  .option('--seed <n>', 'instead of the seed of the file')
  .option('--replications <n>', 'instead of the replications of the file')
  .option('--set <path=value>', 'override a value of the file; may be repeated', collect, [])
  .option('--filter <texts>', 'only cells whose id contains one of these, comma-separated')
  .option(
    '--resume',
    'go on with what is in the results folder, unfinished or with fewer replications',
  )
  .option(
    '--shard <i/n>',
    'only part i of n, for merge; auto: from a Slurm array or Kubernetes Indexed Job',
  )
  .option('--dry-run', 'show cells and replications, simulate nothing')
  .option('--quiet', 'no progress and no summary')
  .addHelpText(
    'after',
    `
Examples:
  preemptlab run experiments/dario.yaml
  preemptlab run experiments/dario.yaml --replications 5 --set machine.timer_slop=1us --out /tmp/slop
  preemptlab run experiments/dario.yaml --filter never/,upstream/base --dry-run`,
  )
  .action(async (file, options) => {
    const { runCommand } = await import('./run.ts');
    code = await runCommand(file, options);
  });

program
  .command('sensitivity')
  .helpGroup(ASK)
  .description(
    'which costs, rates and sizes decide what is found, and how far one must move to overturn it',
  )
  .argument('<experiment>', 'experiment file (YAML); the first cell of each policy is taken')
  .option('--factor <n>', 'each input goes from its value by this to its value times this', '4')
  .option('--trajectories <n>', 'walks through all inputs', '4')
  .option('--replications <n>', 'of each point', '20')
  .option('--set <path=value>', 'override a value of the file; may be repeated', collect, [])
  .option('--out <folder>', 'write sensitivity.csv and sensitivity.md there')
  .option('--quiet', 'no progress')
  .addHelpText(
    'after',
    `
Elementary effects (Morris 1991) of all inputs on the difference of the means, then each input alone.

Example:
  preemptlab sensitivity experiments/dario.yaml --out results/sensitivity`,
  )
  .action(async (file, options) => {
    const { sensitivityCommand } = await import('./sensitivity.ts');
    code = await sensitivityCommand(file, options);
  });

program
  .command('advise')
  .helpGroup(ASK)
  .description('how often to check for a latency target, or what worst case a threshold means')
  .option('--target <duration>', 'the longest that a softirq may wait')
  .option('--threshold <n>', "instead: Xen's rule, 10 for a page and 1 for a hole")
  .option('--every <duration>', 'instead: a check every so often')
  .option('--costs <profile>', 'cost profile', 'qemu-icount')
  .option('--set <path=value>', 'such as machine.costs.page=1300ns; may be repeated', collect, [])
  .addHelpText(
    'after',
    `
Computed from the costs, then checked on simulated flushes. Exit code 1 if these disagree.

Examples:
  preemptlab advise --costs zcu102-a53 --target 50us
  preemptlab advise --costs zcu102-a53 --threshold 512 --set domains.guest.memory.ram=4GiB
  preemptlab advise --target 30us --set machine.costs.page=650ns --set machine.costs.lookup=200ns`,
  )
  .action(async (options) => {
    const { adviseCommand } = await import('./advise.ts');
    code = adviseCommand(options);
  });

program
  .command('explain')
  .helpGroup(LOOK)
  .description('the worst samples of a results folder: what each nanosecond of them was spent on')
  .argument('<results>', 'results folder')
  .option('--kind <name>', 'only this kind of latency')
  .option('--cell <text>', 'only cells whose id contains this')
  .option('--count <n>', 'samples of each kind', '1')
  .addHelpText(
    'after',
    `
Example:
  preemptlab explain results/dario --kind softirq_flush --count 3`,
  )
  .action(async (folder, options) => {
    const { explainCommand } = await import('./explain.ts');
    code = explainCommand(folder, options);
  });

program
  .command('trace')
  .helpGroup(LOOK)
  .description('run one replication and write all that happens, as a timeline for viewers')
  .argument('<experiment>', 'experiment file (YAML)')
  .option('--cell <id>', 'the cell: its id, or a part that no other id has (default: the only one)')
  .option('--replication <n>', 'the replication, from 0', '0')
  .option('--format <name>', 'perfetto, chrome, xentrace or all', 'perfetto')
  .option('--out <folder>', 'where to write (default: results/<name of the experiment>-timeline)')
  .option('--set <path=value>', 'override a value of the file; may be repeated', collect, [])
  .addHelpText(
    'after',
    `
Examples:
  preemptlab trace experiments/dario.yaml --cell upstream/base
  preemptlab trace experiments/dario.yaml --cell never/base --format all --out /tmp/never
  xenalyze --cpu-hz 16G --summary /tmp/never/timeline.xen`,
  )
  .action(async (file, options) => {
    const { traceCommand } = await import('./trace.ts');
    code = await traceCommand(file, options);
  });

program
  .command('report')
  .helpGroup(LOOK)
  .description('make all files of a results folder again from its replications, simulate nothing')
  .argument('<results>', 'results folder')
  .option('--quiet', 'no summary')
  .action(async (folder, options) => {
    const { reportCommand } = await import('./report.ts');
    code = await reportCommand(folder, options);
  });

addTraceCommands(program, XEN, (ended) => {
  code = ended;
});

program
  .command('conform')
  .helpGroup(XEN)
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
    code = conformCommand(folder);
  });

program
  .command('submit')
  .helpGroup(MANY)
  .description('run an experiment on a cluster: a job array of shards, and a job that merges them')
  .argument('<experiment>', 'experiment file (YAML)')
  .requiredOption('--engine <name>', 'slurm; or kubernetes, for which --dry-run prints a manifest')
  .option('--tasks <n>', 'tasks of the array (default: as many as have 10 s of work each)')
  .option('--account <name>', 'Slurm account')
  .option('--partition <name>', 'Slurm partition')
  .option('--time <limit>', 'time limit of each Slurm task, such as 01:00:00')
  .option('--memory <size>', 'memory of each task, as the cluster writes it: 512M, 512Mi')
  .option('--out <folder>', 'results folder (default: results/<name of the experiment>)')
  .option('--seed <n>', 'instead of the seed of the file')
  .option('--replications <n>', 'instead of the replications of the file')
  .option('--set <path=value>', 'override a value of the file; may be repeated', collect, [])
  .option('--filter <texts>', 'only cells whose id contains one of these, comma-separated')
  .option('--dry-run', 'print the scripts, submit nothing')
  .action(async (file, options) => {
    const { submitCommand } = await import('./submit.ts');
    code = await submitCommand(file, options);
  });

program
  .command('merge')
  .helpGroup(MANY)
  .description('join the results of shards, which may come in any order and overlap')
  .argument('<folders...>', 'results folders of shards')
  .requiredOption('--out <folder>', 'results folder to be made')
  .option('--quiet', 'no summary')
  .addHelpText(
    'after',
    `
Example:
  preemptlab run experiments/dario.yaml --shard 1/2 --out results/part-1
  preemptlab run experiments/dario.yaml --shard 2/2 --out results/part-2
  preemptlab merge results/part-1 results/part-2 --out results/joined`,
  )
  .action(async (folders, options) => {
    const { mergeCommand } = await import('./merge.ts');
    code = await mergeCommand(folders, options);
  });

/** Gathers the values of an option that may be repeated. */
function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** Carries out what was typed after `preemptlab`. @returns the exit code */
export async function preemptlab(args: readonly string[]): Promise<number> {
  code = DONE;
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode === 0 ? DONE : WRONG_INPUT;
    // A file or folder that was named cannot be used. Which and why is all there is to say.
    else if (isSystemError(error) || error instanceof FolderError) code = refuse(error.message);
    else throw error;
  }
  return code;
}
