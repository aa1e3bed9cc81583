import type { Control, ControlChoice } from '../control.ts';
import { byId, element } from './elements.ts';

/** Is told that a control has been set. @param isDone - false while it is being dragged */
export type OnSet = (control: Control, sets: ControlChoice['sets'], isDone: boolean) => void;

/** A control on the page. */
interface Row {
  control: Control;
  readonly input: HTMLInputElement | HTMLSelectElement;
  /** Beside a slider: any value can be typed. */
  readonly text: HTMLInputElement | undefined;
}

/** The controls of a setting: a slider with a field for each amount, else a list; in groups. */
export class ControlsView {
  private readonly rows = new Map<string, Row>();
  private readonly onSet: OnSet;

  constructor(onSet: OnSet) {
    this.onSet = onSet;
  }

  /** Shows the present values; what is being moved or typed in is left alone. */
  show(controls: readonly Control[]): void {
    const ids = controls.map(({ id }) => id);
    if ([...this.rows.keys()].join() !== ids.join()) this.build(controls);
    for (const control of controls) {
      const row = this.rows.get(control.id);
      if (row !== undefined) this.update(row, control);
    }
  }

  private build(controls: readonly Control[]): void {
    const focused = document.activeElement?.id;
    this.rows.clear();
    const groups = [...new Set(controls.map(({ group }) => group))].map((group) =>
      element(
        'fieldset',
        {},
        element('legend', {}, group),
        ...controls
          .filter((control) => control.group === group)
          .map((control) => this.row(control)),
      ),
    );
    byId('controls').replaceChildren(...groups);
    if (focused !== undefined && focused !== '') document.getElementById(focused)?.focus();
  }

  private row(control: Control): HTMLElement {
    const { id, label, isAmount } = control;
    const inputId = `set-${id}`;
    const input = isAmount
      ? element('input', { id: inputId, type: 'range', min: 0, step: 1 })
      : element('select', { id: inputId });
    const text = isAmount
      ? element('input', {
          type: 'text',
          class: 'amount',
          'aria-label': `${label}, typed`,
          spellcheck: 'false',
        })
      : undefined;
    const row: Row = { control, input, text };
    this.rows.set(id, row);
    input.addEventListener('input', () => this.choose(row, false));
    input.addEventListener('change', () => this.choose(row, true));
    text?.addEventListener('change', () => {
      this.onSet(row.control, { [row.control.id]: text.value.trim() }, true);
    });
    return element(
      'div',
      { class: isAmount ? 'control' : 'control chosen' },
      element('label', { for: inputId }, label),
      input,
      ...(text === undefined ? [] : [text]),
    );
  }

  private choose({ control, input, text }: Row, isDone: boolean): void {
    const choice = control.choices[Number(input.value)];
    if (choice === undefined) return;
    if (text !== undefined) {
      text.value = choice.text;
      input.setAttribute('aria-valuetext', choice.text);
    }
    this.onSet(control, choice.sets, isDone);
  }

  private update(row: Row, control: Control): void {
    row.control = control;
    const { input, text } = row;
    const at = control.choices.findIndex((choice) => choice.text === control.value);
    if (input instanceof HTMLSelectElement) {
      const options = control.choices.map(({ text: name }, i) =>
        element('option', { value: i }, name),
      );
      if (at < 0) options.unshift(element('option', { value: '' }, '(changed)'));
      if (optionsText(input) !== options.map((option) => option.text).join('\n'))
        input.replaceChildren(...options);
      input.value = at < 0 ? '' : String(at);
      return;
    }
    if (input.matches(':active')) return;
    input.max = String(control.choices.length - 1);
    input.value = String(at);
    input.setAttribute('aria-valuetext', control.value);
    if (text !== undefined && document.activeElement !== text) text.value = control.value;
  }
}

function optionsText(select: HTMLSelectElement): string {
  return [...select.options].map((option) => option.text).join('\n');
}
