/** In a journal a record says also where its samples are, so that each line can be read without those before it. */

const PLACE = /,"at":(\d{1,16})\}$/;

/** The line of a record in a journal. @param at - where its `bytes` bytes of samples are in the file of samples */
export function journalLine(record: string, at: number, bytes: number): string {
  return bytes === 0 ? record : `${record.slice(0, -1)},"at":${at}}`;
}

/** The record in a line of a journal, and where its samples are [bytes]; 0 if it does not say. */
export function fromJournalLine(text: string): { line: string; at: number } {
  const match = PLACE.exec(text);
  if (match === null) return { line: text, at: 0 };
  return { line: `${text.slice(0, match.index)}}`, at: Number(match[1]) };
}
