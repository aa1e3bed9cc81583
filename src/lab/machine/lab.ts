import { worstByPolicy } from '../../analysis/digest.ts';
import type { Node } from '../../input/tree.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import type { LabSide, Shown, WorstCase } from '../messages.ts';
import {
  experimentFileOf,
  experimentNamed,
  type LabSetting,
  settingCommand,
  settingOf,
  traceCommandIn,
  treeOf,
} from '../setting.ts';
import { fragmentOf, type LabSource, type LabState, type LabView } from '../state.ts';
import { controlsOf } from './controls.ts';
import { type Run, Runs } from './runs.ts';
import { samplesCsv } from './samples.ts';
import { answerOf, differencesOf, sideOf, theoryOf } from './shown.ts';
import { worstCase } from './worst-case.ts';

/** A setting is wrong: the message says how, as the command line would. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** What of a view is being run. */
export interface Running {
  /** Runs one replication more. @returns whether there was one to run */
  step(): boolean;
  /** Whether each policy has so many replications, or all. */
  has(rounds: number): boolean;
  /** What has been found so far. */
  shown(): Shown;
}

/** The lab: settings of experiments, run on the machine. Knows neither page nor worker. */
export class Lab {
  private readonly source: LabSource;
  private readonly runs = new Runs();

  constructor(source: LabSource) {
    this.source = source;
  }

  /** Begins to run what a view shows. @throws SettingError */
  begin({ state, against, kind: wanted }: LabView): Running {
    const setting = this.setting(state);
    const other = against === undefined ? undefined : this.setting(against);
    const { experiment } = setting;
    const run = this.runs.of(experiment);
    const otherRun = other && { experiment: other.experiment, run: this.runs.of(other.experiment) };
    const all = [run, ...(otherRun ? [otherRun.run] : [])];
    const { latencies } = experiment.measure;
    const kind = latencies.find((own) => own === wanted) ?? latencies[0];
    const controls = this.controls(setting, state);
    const theory = theoryOf(experiment, kind);
    const otherTheory = other === undefined ? [] : theoryOf(other.experiment, kind);
    return {
      step: () => next(all)?.step() ?? false,
      has: (rounds) => all.every((each) => each.rounds >= Math.min(rounds, each.replications)),
      shown: () => {
        const own = sideOf(experiment, run, kind, theory);
        const sides: LabSide[] = [own];
        if (otherRun) sides.push(sideOf(otherRun.experiment, otherRun.run, kind, otherTheory));
        return {
          question: experiment.question,
          done: sum(all.map(({ done }) => done)),
          all: sum(all.map((each) => each.all)),
          replications: experiment.replications,
          seed: experiment.seed,
          kinds: latencies,
          kind,
          policies: experiment.policies,
          baseline: experiment.compare.baseline,
          controls,
          answer: answerOf(experiment, own, kind, run.rounds),
          sides,
          differences: otherRun ? differencesOf(experiment, run, otherRun, kind) : [],
          command: settingCommand(setting),
          failures: run.failures(),
        };
      },
    };
  }

  /** The worst sample of a policy, of those replications that have been run; undefined: there is none. @throws SettingError */
  worst({ state, kind: wanted }: LabView, policy: string): WorstCase | undefined {
    const setting = this.setting(state);
    const { experiment } = setting;
    const { latencies } = experiment.measure;
    const kind: LatencyKind = latencies.find((own) => own === wanted) ?? latencies[0];
    const digests = this.runs.of(experiment).digests();
    const [worst] = worstByPolicy(kind, digests).filter(({ cell }) => cell.policy === policy);
    if (worst === undefined) return undefined;
    return worstCase(worst, experiment.seed, traceCommandIn(setting, worst));
  }

  /** samples.csv of a setting, as the command line writes it. @throws SettingError */
  samples(state: LabState): string {
    return samplesCsv(this.setting(state).experiment);
  }

  /** The setting as an experiment file. @throws SettingError */
  file(state: LabState): string {
    const link = fragmentOf({ state }, this.source.experiments[0].name);
    return experimentFileOf(this.setting(state), link);
  }

  private setting(state: LabState): LabSetting {
    const found = settingOf(this.source, state);
    if (!found.ok) throw new SettingError(found.message);
    return found.setting;
  }

  private controls(setting: LabSetting, state: LabState) {
    const tree = treeOf(experimentNamed(this.source, state.experiment)) as Node;
    return controlsOf(setting, tree, state, Object.keys(this.source.profiles));
  }
}

/** Of two settings the one that has fewer replications: they are compared in pairs. */
function next(runs: readonly Run[]): Run | undefined {
  const open = runs.filter(({ rounds, replications }) => rounds < replications);
  return open.sort((a, b) => a.rounds - b.rounds)[0];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
