import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A Slurm cluster of pretend nodes on this machine, for as long as a test takes. */
export class Cluster {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  private readonly nodes: readonly string[];
  private readonly daemons = new Map<string, ChildProcess>();
  private readonly host = hostname().split('.')[0];

  constructor(folder: string, nodes: readonly string[]) {
    this.folder = folder;
    this.nodes = nodes;
    this.environment = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf') };
  }

  /** Starts munge (if none runs), the controller and the nodes, and waits until the nodes are idle. */
  async start(): Promise<void> {
    const { folder, nodes } = this;
    for (const name of ['state', 'log', ...nodes.map((node) => `spool/${node}`)]) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    writeFileSync(join(folder, 'slurm.conf'), this.configuration());
    if (spawnSync('sh', ['-c', 'munge -n | unmunge']).status !== 0) {
      execFileSync('install', ['-d', '-o', 'munge', '-g', 'munge', '-m', '755', '/run/munge']);
      this.daemon('munged', ['runuser', '-u', 'munge', '--', '/usr/sbin/munged', '--foreground']);
      await this.until(() => spawnSync('sh', ['-c', 'munge -n | unmunge']).status === 0);
    }
    this.daemon('slurmctld', ['slurmctld', '-D']);
    for (const node of nodes) this.startNode(node);
    await this.until(
      () => this.run('sinfo', '-h', '-o', '%D %t').trim() === `${nodes.length} idle`,
    );
  }

  startNode(node: string): void {
    this.daemon(node, ['slurmd', '-D', '-N', node]);
  }

  private daemon(name: string, [command, ...args]: string[]): void {
    const child = spawn(command, args, { env: this.environment, stdio: 'ignore' });
    this.daemons.set(name, child);
  }

  /** The node is lost: its daemon and the supervisors of its jobs die at once; what they ran goes on alone. */
  loseNode(node: string): void {
    const jobs = this.run('squeue', '-h', '-t', 'R', '-w', node, '-o', '%A').split('\n');
    for (const { pid, command } of processes()) {
      const job = /^slurmstepd: \[(\d+)\./.exec(command)?.[1];
      if (job !== undefined && jobs.includes(job)) process.kill(pid, 'SIGKILL');
    }
    this.daemons.get(node)?.kill('SIGKILL');
    this.daemons.delete(node);
  }

  /** Runs a Slurm command. @returns what it prints */
  run(command: string, ...args: string[]): string {
    const { stdout } = spawnSync(command, args, { env: this.environment, encoding: 'utf8' });
    return stdout;
  }

  /** Waits for something. @throws after a quarter of an hour */
  async until(condition: () => boolean): Promise<void> {
    for (const end = Date.now() + 900_000; Date.now() < end; ) {
      if (condition()) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error(`this did not happen: ${condition}\n${this.run('squeue')}${this.run('sinfo')}`);
  }

  /** Ends the daemons, and waits for their ends: the controller saves its state as its last act. */
  async stop(): Promise<void> {
    for (const child of [...this.daemons.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  }

  private configuration(): string {
    const { folder, host, nodes } = this;
    const described = nodes.map(
      (node, i) =>
        `NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${17001 + i} CPUs=2 RealMemory=1000 State=UNKNOWN`,
    );
    return `ClusterName=lab
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=/run/munge/munge.socket.2
SlurmctldPort=16817
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmctldLogFile=${folder}/log/slurmctld.log
StateSaveLocation=${folder}/state
SlurmdPidFile=${folder}/slurmd.%n.pid
SlurmdLogFile=${folder}/log/slurmd.%n.log
SlurmdSpoolDir=${folder}/spool/%n
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=5
SlurmdTimeout=10
SlurmctldTimeout=30
InactiveLimit=0
${described.join('\n')}
PartitionName=lab Nodes=${nodes.join(',')} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
`;
  }
}

function processes(): { pid: number; command: string }[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.flatMap((pid) => {
    try {
      return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
