import { existsSync, writeFileSync } from 'node:fs';
import { DONE, WRONG_INPUT } from './exit-codes.ts';
import { complain, say } from './say.ts';

/** A first experiment, every line of which says what it does. */
const FIRST_EXPERIMENT = `# A first experiment. Check it:  npx preemptlab check FILE
# Run it:                          npx preemptlab run FILE
# All keys and their values: docs/formats.md of the package, and, for editors: npx preemptlab schema

# What it is to answer; it is printed with the answer.
question: >-
  A guest's cache maintenance makes the hypervisor flush all of that guest's memory. How long does another guest on the
  same pCPU wait for its timer, with checks for pending softirqs during the flush and without?

seed: 1              # the same seed, file and version give the same results, byte for byte
replications: 8      # each with its own random numbers; all policies see the same ones
duration: 1s         # simulated time of each replication

machine:
  pcpus: 1
  xen: master        # or 4.12, 4.17
  scheduler: credit2 # or credit, rtds, null, arinc653, ...; {name: credit2, ratelimit: 0} sets parameters
  costs: qemu-icount # what each step of the hypervisor takes; profiles are files in costs/

domains:
  flusher:           # its cache operations by Set/Way make the hypervisor flush
    memory: { ram: 256MiB }
    vcpus:
      - guest: { name: set-way-flusher, period: 50ms }
  victim:            # sleeps until its timer expires, and notes how late it wakes
    vcpus:
      - guest: { name: poisson-waker, mean: 5ms }

# Where the flush checks for pending softirqs. The first one is what the others are compared with.
policies:
  upstream: { before: true, during: { threshold: 512 } }
  never: { before: false, during: never }

# Values that are varied: every combination of levels is a cell, run with every policy.
factors:
  ram: { set: domains.flusher.memory.ram, levels: [64MiB, 256MiB] }

measure:
  latencies: [virq, softirq_flush, flush]
`;

/** `preemptlab init`: writes a first experiment, unless something is there. @returns the exit code */
export function initCommand(file: string): number {
  if (existsSync(file)) {
    complain(`${file} is there already and has been left as it is: name another file`);
    return WRONG_INPUT;
  }
  writeFileSync(file, FIRST_EXPERIMENT, { flag: 'wx' });
  say(`${file}: a first experiment. Check it: npx preemptlab check ${file}`);
  return DONE;
}
