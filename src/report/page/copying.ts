import { buttonThat } from './button.ts';

/** Buttons that copy commands and texts, and tables in a form that spreadsheets take. */
export function addCopyButtons(): void {
  for (const pre of document.querySelectorAll('pre')) {
    const around = document.createElement('div');
    around.className = 'copied';
    pre.replaceWith(around);
    around.append(
      pre,
      copyButton(() => pre.textContent ?? '', 'Copy this text'),
    );
  }
  for (const code of document.querySelectorAll('td code')) {
    code.after(
      ' ',
      copyButton(() => code.textContent ?? '', 'Copy this command'),
    );
  }
  for (const code of document.querySelectorAll('p code')) {
    const text = code.textContent ?? '';
    if (text.startsWith('preemptlab '))
      code.after(
        ' ',
        copyButton(() => text, 'Copy this command'),
      );
  }
}

/** A button that copies what `text` gives then, and says whether it could. */
export function copyButton(text: () => string, label: string): HTMLButtonElement {
  const button = buttonThat(
    'copy',
    async () => {
      const done = await copied(text());
      button.textContent = done ? 'copied' : 'cannot copy';
      setTimeout(() => {
        button.textContent = 'copy';
      }, 2000);
    },
    label,
  );
  return button;
}

/** Pages from a disk may not use the clipboard in some browsers; those copy what is selected. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}
