/**
 * The title of a page: what the first paragraph of the study's question asks; if it asks nothing, its first line.
 * @param question - prose, paragraphs apart by empty lines
 */
export function titleOf(question: string): string {
  const asked = sentencesOf(question).filter((sentence) => sentence.endsWith('?'));
  return asked.length > 0 ? asked.join(' ') : question.trim().split('\n')[0];
}

/** What else that paragraph says. */
export function introduction(question: string): string {
  const sentences = sentencesOf(question);
  if (!sentences.some((sentence) => sentence.endsWith('?'))) return '';
  return sentences.filter((sentence) => !sentence.endsWith('?')).join(' ');
}

function sentencesOf(question: string): string[] {
  const [paragraph] = question.trim().split('\n');
  return paragraph.split(/(?<=[.?!])\s+/);
}
