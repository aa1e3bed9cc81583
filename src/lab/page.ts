import { DRAWINGS } from './browser/charts.ts';
import { ControlsView } from './browser/controls-view.ts';
import { byId, element } from './browser/elements.ts';
import { Frames } from './browser/frames.ts';
import { MachineWorker } from './browser/machine-worker.ts';
import { policyName, TABLES } from './browser/tables.ts';
import { TimelineView } from './browser/timeline-view.ts';
import type { Control, ControlChoice } from './control.ts';
import type { Shown } from './messages.ts';
import {
  fragmentOf,
  type LabSource,
  type LabState,
  type LabView,
  viewOf,
  withoutSets,
} from './state.ts';

/** The page: what is typed and moved becomes a view, the worker runs it, and what it finds is shown. */
class Page {
  private readonly source: LabSource = JSON.parse(byId('source').textContent ?? '');
  private readonly first = this.source.experiments[0].name;
  private view: LabView = viewOf(location.hash, this.first);
  private shown: Shown | undefined;
  /** What was found of the present view. */
  private latest: Shown | undefined;
  /** Policy whose worst case is shown; undefined: the one with the longest. */
  private worstOf: string | undefined;
  /** Drawn a part per frame. */
  private readonly frames = new Frames<Shown>([
    ({ answer }) => {
      byId('answer').textContent = answer;
    },
    ...DRAWINGS,
    ...TABLES,
    (shown) => this.finish(shown),
  ]);
  private readonly timeline = new TimelineView();
  private readonly controls = new ControlsView((control, sets, isDone) =>
    this.set(control, sets, isDone),
  );
  private readonly simulation = new MachineWorker(byId('worker').textContent ?? '', this.source, {
    shown: (shown, isLatest) => this.show(shown, isLatest),
    worst: (worst) => this.timeline.show(worst),
    refused: (message) => this.refuse(message),
    text: (name, text) => download(name, text),
  });

  constructor() {
    const experiments = this.source.experiments.map(({ name }) =>
      element('option', { value: name }, name),
    );
    byId('experiment').replaceChildren(...experiments);
    byId('version').textContent = `preemptlab ${this.source.version}`;
    this.listen();
    this.ask();
  }

  private listen(): void {
    addEventListener('hashchange', () => {
      this.view = viewOf(location.hash, this.first);
      this.ask();
    });
    addEventListener('resize', () => this.shown && this.frames.show(this.shown));
    const change = (id: string, to: (value: string) => LabView) =>
      byId<HTMLInputElement>(id).addEventListener('change', ({ target }) =>
        this.go(to((target as HTMLInputElement).value)),
      );
    change('experiment', (experiment) => ({ state: { experiment, sets: {} } }));
    change('kind', (kind) => ({ ...this.view, kind }));
    for (const name of ['replications', 'seed'] as const)
      change(name, (value) => this.withState({ [name]: Number(value) }));
    change('worst-policy', (policy) => {
      this.worstOf = policy;
      return this.view;
    });
    const click = (id: string, act: () => void) => byId(id).addEventListener('click', act);
    click('reset', () => this.go(this.withState({ sets: {} })));
    click('hold', () => this.go({ ...this.view, against: this.view.state }));
    click('swap', () => {
      const { state, against } = this.view;
      if (against !== undefined) this.go({ ...this.view, state: against, against: state });
    });
    click('let-go', () => this.go({ ...this.view, against: undefined }));
    click('samples', () => this.simulation.text('samples', this.view.state));
    click('file', () => this.simulation.text('file', this.view.state));
    click('copy', () => copy(byId('command')));
    byId('controls').addEventListener('submit', (event) => event.preventDefault());
    byId('policies').addEventListener('change', () => this.choosePolicies());
  }

  private withState(change: Partial<LabState>): LabView {
    return { ...this.view, state: { ...this.view.state, ...change } };
  }

  private set({ clears }: Control, sets: ControlChoice['sets'], isDone: boolean): void {
    const kept = withoutSets(this.view.state, clears).sets;
    this.view = this.withState({ sets: { ...kept, ...sets } });
    // Browsers take addresses only so often.
    if (isDone) this.go(this.view);
    else this.ask();
  }

  private choosePolicies(): void {
    const boxes = [...byId('policies').querySelectorAll('input')];
    const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
    const { policies: _, ...state } = this.view.state;
    const isAll = chosen.length === boxes.length;
    this.go({ ...this.view, state: isAll ? state : { ...state, policies: chosen } });
  }

  /** Shows a view, which gets an address. */
  private go(view: LabView): void {
    this.view = view;
    history.replaceState(null, '', `#${fragmentOf(view, this.first)}`);
    this.ask();
  }

  private ask(): void {
    const { experiment } = this.view.state;
    const isKnown = this.source.experiments.some(({ name }) => name === experiment);
    byId<HTMLSelectElement>('experiment').value = isKnown ? experiment : this.first;
    byId('results').setAttribute('aria-busy', 'true');
    this.latest = undefined;
    this.simulation.show(this.view);
  }

  private show(shown: Shown, isLatest: boolean): void {
    if (this.shown === undefined) performance.mark('first result');
    this.shown = shown;
    this.frames.show(shown);
    byId('problem').hidden = true;
    if (!isLatest) return;
    this.latest = shown;
    this.controls.show(shown.controls);
    this.showHead(shown);
  }

  /** All has been drawn: if all has been run too, it is read out, and the worst case follows. */
  private finish(shown: Shown): void {
    if (shown !== this.latest || shown.done < shown.all) return;
    byId('results').setAttribute('aria-busy', 'false');
    byId('status').textContent = shown.answer;
    this.askWorst(shown);
  }

  private showHead(shown: Shown): void {
    const { question, kinds, kind, done, all, replications, seed, command, failures } = shown;
    const [first = ''] = question.split('\n');
    byId('question').textContent = first;
    options('kind', kinds, kind);
    const progress = byId<HTMLProgressElement>('progress');
    progress.max = all;
    progress.value = done;
    byId('progress-text').textContent =
      done < all ? `${done} of ${all} runs` : `${all} runs, all done`;
    field('replications', replications);
    field('seed', seed);
    byId('command').textContent = command;
    byId('failures').textContent = failures.join('\n');
    this.showPolicies(shown);
    const isHeld = this.view.against !== undefined;
    for (const id of ['swap', 'let-go']) byId(id).hidden = !isHeld;
    byId('held').textContent = isHeld ? heldText(this.view) : '';
  }

  private showPolicies({ policies, baseline }: Shown): void {
    const chosen = this.view.state.policies ?? policies;
    const boxes = [...byId('policies').querySelectorAll('input')];
    if (boxes.map(({ value }) => value).join() !== policies.join()) {
      byId('policies').replaceChildren(
        ...policies.map((policy, i) => {
          const box = element('input', { type: 'checkbox', value: policy });
          // What the others are compared with is always run.
          box.disabled = policy === baseline;
          return element('label', {}, box, policyName(policy, i));
        }),
      );
    }
    for (const box of byId('policies').querySelectorAll('input'))
      box.checked = box.disabled || chosen.includes(box.value);
  }

  private askWorst({ sides: [{ rows }] }: Shown): void {
    const having = rows.filter(({ worst }) => worst !== undefined);
    byId('worst').hidden = having.length === 0;
    if (having.length === 0) return;
    const [longest] = [...having].sort((a, b) => (b.worst?.latency ?? 0) - (a.worst?.latency ?? 0));
    const policy = having.find((row) => row.policy === this.worstOf)?.policy ?? longest.policy;
    options(
      'worst-policy',
      having.map((row) => row.policy),
      policy,
    );
    this.simulation.worst(this.view, policy);
  }

  private refuse(message: string): void {
    const problem = byId('problem');
    problem.hidden = false;
    problem.textContent = message;
    byId('results').setAttribute('aria-busy', 'false');
  }
}

function options(id: string, values: readonly string[], value: string): void {
  const select = byId<HTMLSelectElement>(id);
  const before = [...select.options].map((option) => option.value).join('\n');
  if (before !== values.join('\n'))
    select.replaceChildren(...values.map((name) => element('option', { value: name }, name)));
  select.value = value;
}

function field(id: string, value: number): void {
  const input = byId<HTMLInputElement>(id);
  if (document.activeElement !== input) input.value = String(value);
}

/** What the settings differ in. */
function heldText({ state, against }: LabView): string {
  if (against === undefined) return '';
  const paths = [...new Set([...Object.keys(state.sets), ...Object.keys(against.sets)])];
  const differing = paths.filter((path) => state.sets[path] !== against.sets[path]);
  const changes = differing.map(
    (path) =>
      `${path}: A ${against.sets[path] ?? 'as in the file'}, B ${state.sets[path] ?? 'as in the file'}`,
  );
  return changes.length === 0
    ? 'A is held, B is the same so far: move something.'
    : `B (lines) against A (wide, pale lines). ${changes.join('; ')}.`;
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text]));
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Copies a text; where that is not allowed it is at least selected. */
function copy(from: HTMLElement): void {
  getSelection()?.selectAllChildren(from);
  navigator.clipboard?.writeText(from.textContent ?? '').catch(() => {});
}

new Page();
