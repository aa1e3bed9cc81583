/** A button that does something. @param label - what it does, if that is not what stands on it */
export function buttonThat(text: string, act: () => void, label?: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  if (label !== undefined) button.setAttribute('aria-label', label);
  button.addEventListener('click', act);
  return button;
}
