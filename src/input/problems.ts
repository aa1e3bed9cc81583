/** One thing wrong with the input, for people: where it is, what was found, what would be right. */
export interface Problem {
  /** The file, or the command-line option, in which it is. */
  readonly file: string;
  /** Line from 1; 0 if the problem is the file as a whole or an option. */
  readonly line: number;
  /** Column from 1 [UTF-16 units]; 0 with line 0. */
  readonly column: number;
  /** Path of the value, such as `domains.hog.vcpus.0.guest`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, in a sentence that needs none of the other fields but the path. */
  readonly message: string;
  readonly found?: string;
  readonly allowed?: string;
  readonly suggestion?: string;
  /** The line of the file it is in, cut around the column and made printable. */
  readonly excerpt?: string;
  /** Where the column is in the excerpt, from 0. */
  readonly caret?: number;
}

/** More problems than this are counted, not printed. */
const PRINTED_MAX = 100;

/** Returns the problems by file, line and column, each once; files in order of first appearance. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  const rank = new Map(files.map((file, index) => [file, index]));
  const unique = new Map(problems.map((problem) => [problemKey(problem), problem]));
  return [...unique.values()].sort(
    (a, b) =>
      (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  );
}

/** Two problems with the same key are the same problem, found twice. */
export function problemKey(problem: Problem): string {
  return [problem.file, problem.line, problem.column, problem.path, problem.message].join('\0');
}

/** Writes problems as compilers do, `file:line:column: message` and the line with a caret below. */
export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.slice(0, PRINTED_MAX).map(formatProblem);
  const rest = problems.length - lines.length;
  if (rest > 0) lines.push(`and ${rest} more`);
  return lines.join('\n');
}

function formatProblem(problem: Problem): string {
  const { line, column, path, message, allowed, suggestion } = problem;
  const position = line === 0 ? '' : `:${line}:${column}`;
  const where = line === 0 || path === '' ? '' : `${printable(path)}: `;
  let text = `${printable(problem.file)}${position}: ${where}${message}`;
  if (suggestion !== undefined) text += `; did you mean "${printable(suggestion)}"?`;
  else if (allowed !== undefined && !message.includes(allowed)) text += `; allowed: ${allowed}`;
  if (problem.excerpt === undefined || problem.excerpt === '') return text;
  const margin = `${line} | `.padStart(8);
  const caret = `${' '.repeat(margin.length + (problem.caret ?? 0))}^`;
  return `${text}\n${margin}${problem.excerpt}\n${caret}`;
}

/** Returns text that is safe on a terminal: control and format characters become U+FFFD. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

/** Describes a value that was found, short enough for a message. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') {
    return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  }
  const text = String(value);
  const short = printable(text.length > 40 ? `${text.slice(0, 40)}...` : text);
  return typeof value === 'string' ? `"${short}"` : short;
}
