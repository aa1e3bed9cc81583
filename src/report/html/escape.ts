/**
 * Text as HTML, in content and in attribute values that stand in double quotes. Every text of report.html that is not
 * written in this folder goes through this function.
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
