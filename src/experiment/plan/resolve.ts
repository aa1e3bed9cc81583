import { positiveDuration } from '../../input/fields.ts';
import type { Problem } from '../../input/problems.ts';
import { type KeyPath, locate, type Node, problemAt } from '../../input/tree.ts';
import { type Validated, validate } from '../../input/validate.ts';
import { type P2mExtent, PAGE } from '../../memory/p2m.ts';
import { type DomainFile, type DomainSpec, domainSchema } from '../schema/domain-schema.ts';
import { type EventFile, eventsSchema, toolstackTimeSchema } from '../schema/event-schema.ts';
import { type MachineSpec, machineSchema, rootLevel } from '../schema/machine-schema.ts';
import { policySchema } from '../schema/policy-schema.ts';
import { type SamplingFile, samplingSchema } from '../schema/sampling-schema.ts';
import { jobCostsSchema, type Measure, type Setup } from '../schema/schema.ts';
import {
  checkAffinity,
  checkDomain,
  checkImmediate,
  checkStageTwo,
  checkTargets,
  checkTopology,
  checkVcpuCount,
  countVcpus,
  type Finding,
} from './checks.ts';
import {
  type CostConditions,
  type CostProfile,
  loadCostProfile,
  type ProfileSource,
  pageVariants,
  resolveCosts,
} from './cost-profile.ts';
import { checkEvents } from './event-checks.ts';
import { checkSameJobs, checkWork, namesOfJobs, readJobs } from './jobs.ts';
import { resolveSampling, type SamplingResult } from './sampling.ts';
import { checkScheduler, checkVersion } from './scheduler-checks.ts';

interface Domain {
  readonly file: DomainFile;
  readonly memory: readonly P2mExtent[];
}

const durationSchema = positiveDuration();

/**
 * Turns the tree of one cell into its setup, with all checks. Cells share the parts of the tree
 * that no level changes, and each part is worked on only once.
 */
export class Resolver {
  private readonly measure: Measure;
  private readonly jobs: readonly string[];
  private readonly profiles: ProfileSource;
  /** By section, for an alias may make one node part of several. */
  private readonly done = new Map<string, WeakMap<Node, Validated<unknown>>>();
  private readonly costProfiles = new Map<string, Validated<CostProfile>>();

  /** @param jobs - the names of the jobs of the file */
  constructor(measure: Measure, profiles: ProfileSource, jobs: readonly string[] = []) {
    this.measure = measure;
    this.jobs = jobs;
    this.profiles = profiles;
  }

  /** Resolves the cell of one policy; several parts that are wrong are all reported. */
  resolve(root: Node, policyName: string): Validated<Setup> {
    const machine = this.part(root, ['machine'], () => this.resolveMachine(root));
    const policyPath = ['policies', policyName];
    const policy = this.part(root, policyPath, () => validate(policySchema, root, policyPath));
    const duration = this.part(root, ['duration'], () =>
      validate(durationSchema, root, ['duration']),
    );
    const names = domainNames(root);
    const domains = names.map((name) =>
      this.part(root, ['domains', name], () => resolveDomain(root, ['domains', name])),
    );
    const written = locate(root, ['sampling']).node !== undefined;
    const sampling = written
      ? this.part(root, ['sampling'], () => validate(samplingSchema, root, ['sampling']))
      : undefined;
    const hasEvents = locate(root, ['events']).node !== undefined;
    const events = hasEvents
      ? this.part(root, ['events'], () => validate(eventsSchema, root, ['events']))
      : undefined;
    const hasTime = locate(root, ['toolstack_time']).node !== undefined;
    const toolstackTime = hasTime
      ? validate(toolstackTimeSchema, root, ['toolstack_time'])
      : undefined;
    const jobs = this.resolveJobs(root, machine);
    const level = locate(root, ['job_costs']).node && validate(jobCostsSchema, root, ['job_costs']);
    const findings = checkTogether(names, domains, machine, events);
    findings.push(...checkSameJobs(root, this.jobs));
    const files = domains.flatMap((domain) => (domain.ok ? [domain.value.file] : []));
    if (files.length === names.length)
      findings.push(...checkWork(names, files, namesOfJobs(root), jobs?.ok ? jobs.value : []));
    const tracks = machine.ok && machine.value.stage2Bits !== undefined;
    if (tracks && policy.ok && policy.value.during.kind === 'immediate') {
      if (files.length === names.length) findings.push(...checkImmediate(names, files));
    }
    const resolved = resolveTogether(names, domains, sampling);
    if (resolved?.ok === false) findings.push(...within(['sampling'], resolved.findings));
    const parts = [machine, policy, duration, ...domains, ...(sampling ? [sampling] : [])];
    const problems = parts.flatMap(problemsOf);
    for (const part of [events, toolstackTime, jobs, level])
      if (part) problems.push(...problemsOf(part));
    problems.push(...findings.map((finding) => toProblem(root, finding)));
    const sound = domains.filter((domain) => domain.ok);
    const complete = machine.ok && policy.ok && duration.ok && sound.length === domains.length;
    if (!complete || problems.length > 0) return { ok: false, problems };
    const value: Setup = {
      duration: duration.value,
      machine: machine.value,
      domains: sound.map(({ value: { file, memory } }, index) =>
        toSetup(names[index], file, memory),
      ),
      policy: { name: policyName, ...policy.value },
      measure: this.measure,
      ...(events?.ok && {
        events: {
          events: events.value,
          toolstackTime: toolstackTime?.ok ? toolstackTime.value : 0,
        },
      }),
      ...(resolved?.ok && { sampling: resolved.sampling }),
      ...(jobs?.ok && { jobs: jobs.value }),
      ...(level?.ok && { jobCosts: level.value }),
    };
    return { ok: true, value };
  }

  /**
   * What `resolvePart` makes of the part at `path`, of this cell or an earlier one that shares it.
   */
  private part<T>(
    root: Node,
    path: KeyPath,
    resolvePart: () => Validated<T>,
    version = '',
  ): Validated<T> {
    const { node } = locate(root, path);
    // A missing part is reported for the file as a whole.
    if (node === undefined) return { ok: false, problems: [] };
    const section = `${path[0]}${version}`;
    const done = this.done.get(section) ?? new WeakMap<Node, Validated<unknown>>();
    this.done.set(section, done);
    const known = done.get(node) as Validated<T> | undefined;
    if (known !== undefined) return known;
    const result = resolvePart();
    done.set(node, result);
    return result;
  }

  /** Those of the catalogue depend on the version; undefined: there are none. */
  private resolveJobs(root: Node, machine: Validated<MachineSpec>) {
    if (locate(root, ['jobs']).node === undefined) return undefined;
    const xen = machine.ok ? machine.value.xen : 'master';
    return this.part(root, ['jobs'], () => readJobs(root, xen), xen);
  }

  private resolveMachine(root: Node): Validated<MachineSpec> {
    const machine = validate(machineSchema, root, ['machine']);
    if (!machine.ok) return machine;
    const { costs, ...rest } = machine.value;
    const schedulerPath = ['machine', 'scheduler'];
    const lacking = checkVersion(
      rest.scheduler.name,
      rest.xen,
      (parameter) => locate(root, [...schedulerPath, parameter]).node !== undefined,
    );
    if (lacking.length > 0) {
      const problems = within(schedulerPath, lacking).map((finding) => toProblem(root, finding));
      return { ok: false, problems };
    }
    const misplaced = checkTopology(rest.topology, rest.pcpus);
    if (misplaced.length > 0) {
      const problems = within(['machine'], misplaced).map((finding) => toProblem(root, finding));
      return { ok: false, problems };
    }
    const costsPath = ['machine', 'costs'];
    const long = locate(root, [...costsPath, 'profile']).node;
    const written = long ?? locate(root, costsPath).node ?? root;
    const profile =
      this.costProfiles.get(costs.profile) ??
      loadCostProfile(costs.profile, written, this.profiles);
    this.costProfiles.set(costs.profile, profile);
    if (!profile.ok) return profile;
    const { counterHz } = profile.value;
    const conditions = costConditions(rest);
    const value: MachineSpec = {
      ...rest,
      costs: resolveCosts(profile.value, conditions, costs.overrides),
      pageVariants: pageVariants(profile.value, costs.overrides),
      spreads: costs.spread ? profile.value.spreads : {},
      counterHz,
    };
    return { ok: true, value };
  }
}

/** With 40 and 42 bits the p2m has a root of level 1, as has one that is not said. */
function costConditions({
  scheduler,
  stage2Bits = 40,
}: Pick<MachineSpec, 'scheduler' | 'stage2Bits'>): CostConditions {
  return {
    scheduler: scheduler.name,
    isRatelimited: 'ratelimit' in scheduler && scheduler.ratelimit > 0,
    rootLevel: rootLevel(stage2Bits),
  };
}

function resolveDomain(root: Node, path: KeyPath): Validated<Domain> {
  const domain = validate(domainSchema, root, path);
  if (!domain.ok) return domain;
  const file = domain.value;
  const findings = checkDomain(file);
  if (findings.length > 0) {
    const problems = within(path, findings).map((finding) => toProblem(root, finding));
    return { ok: false, problems };
  }
  const memory = file.memory.extents.map(
    ({ start, size, order, type, valid }): P2mExtent => ({
      gfn: start / PAGE,
      order,
      type,
      valid,
      count: size / PAGE / 2 ** order,
    }),
  );
  return { ok: true, value: { file, memory: memory.sort((a, b) => a.gfn - b.gfn) } };
}

function toSetup(name: string, file: DomainFile, memory: readonly P2mExtent[]): DomainSpec {
  const vcpus = file.vcpus.map((group) => ({ ...group, rtds: group.rtds ?? file.rtds }));
  const { weight, cap, iommu } = file;
  return { name, weight, cap, iommu, memory, vcpus };
}

/** Checks that concern several parts, of those that are sound in themselves. */
function checkTogether(
  names: readonly string[],
  domains: readonly Validated<Domain>[],
  machine: Validated<MachineSpec>,
  events: Validated<EventFile[]> | undefined,
): Finding[] {
  const files = domains.flatMap((domain) => (domain.ok ? [domain.value.file] : []));
  const findings = checkVcpuCount(files);
  domains.forEach((domain, index) => {
    if (!domain.ok || !machine.ok) return;
    const { file } = domain.value;
    const { pcpus, stage2Bits } = machine.value;
    const wrong = [...checkAffinity(file, pcpus), ...checkStageTwo(file, stage2Bits)];
    findings.push(...within(['domains', names[index]], wrong));
  });
  if (files.length === names.length) {
    findings.push(...checkTargets(names, files));
  }
  // What a scheduler refers to is known only if all domains are.
  if (machine.ok && files.length === names.length) {
    const known = files.map((file, i) => ({ name: names[i], vcpuCount: countVcpus(file) }));
    const wrong = checkScheduler(machine.value.scheduler, known);
    findings.push(...within(['machine', 'scheduler'], wrong));
    if (events?.ok) {
      const { scheduler, pcpus } = machine.value;
      const astray = checkEvents(events.value, { domains: known, scheduler, pcpus });
      findings.push(...within(['events'], astray));
    }
  }
  return findings;
}

/** The sampling, if there is one and all that it refers to is sound. */
function resolveTogether(
  names: readonly string[],
  domains: readonly Validated<Domain>[],
  sampling: Validated<SamplingFile> | undefined,
): SamplingResult | undefined {
  const files = domains.flatMap((domain) => (domain.ok ? [domain.value.file] : []));
  if (!sampling?.ok || files.length < names.length) return undefined;
  return resolveSampling(sampling.value, names, files);
}

function domainNames(root: Node): string[] {
  const { node } = locate(root, ['domains']);
  return node?.kind === 'mapping' ? [...node.entries.keys()] : [];
}

function problemsOf(part: Validated<unknown>): readonly Problem[] {
  return part.ok ? [] : part.problems;
}

function within(base: KeyPath, findings: readonly Finding[]): Finding[] {
  return findings.map(({ path, complaint }) => ({ path: [...base, ...path], complaint }));
}

function toProblem(root: Node, { path, complaint }: Finding): Problem {
  return problemAt(locate(root, path).origin, path, complaint);
}
