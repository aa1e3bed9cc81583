import { Lexer } from 'yaml';
import type { Problem } from './problems.ts';
import { type Complaint, problemAt, type SourceText } from './tree.ts';

/** Largest file that is read [UTF-16 units or bytes]. */
export const TEXT_MAX = 1 << 20;
/** How deep values may be nested; an experiment needs 9 levels. */
export const DEPTH_MAX = 32;

// The parser descends recursively and would exhaust the stack (or, worse, the engine's memory for
// regular expressions near the stack's end), so depth is bounded before it sees the text. In block
// style a level needs deeper indentation or one more indicator on its line; in flow style a
// bracket.
const INDENT_MAX = 100;
const INDICATORS_PER_LINE_MAX = 16;
const TOKENS_MAX = 400_000;

// The lexer's own marks: byte order mark, document, flow error, and "the next token is a scalar".
const CONTROL: ReadonlySet<string> = new Set(['\uFEFF', '\x02', '\x18', '\x1f']);
const SCALAR_FOLLOWS = '\x1f';

/**
 * Returns why a text is too large, deeply nested or intricate to be parsed, or undefined if it is
 * not.
 */
export function exceededLimit(source: SourceText): Problem | undefined {
  if (source.text.length > TEXT_MAX) return problemAt({ source, offset: 0 }, [], TOO_LARGE);
  let offset = 0;
  let count = 0;
  let flowDepth = 0;
  let indicators = 0;
  let lineBegins = true;
  let scalar = false;
  for (const token of new Lexer().lex(source.text)) {
    if (!scalar && CONTROL.has(token)) {
      scalar = token === SCALAR_FOLLOWS;
      continue;
    }
    const first = scalar ? '' : token[0];
    if (first === '[' || first === '{') flowDepth++;
    else if (first === ']' || first === '}') flowDepth = Math.max(0, flowDepth - 1);
    else if (first === '\n' || first === '\r') indicators = 0;
    else if (flowDepth === 0 && (token === '-' || token === '?' || token === ':')) indicators++;
    const indent = lineBegins && first === ' ' ? token.length : 0;
    if (flowDepth > DEPTH_MAX || indicators > INDICATORS_PER_LINE_MAX || indent > INDENT_MAX) {
      return problemAt({ source, offset }, [], TOO_DEEP);
    }
    if (++count > TOKENS_MAX) return problemAt({ source, offset }, [], TOO_MANY);
    lineBegins = first === '\n' || first === '\r';
    scalar = false;
    offset += token.length;
  }
  return undefined;
}

/** The file is too large to be read. */
export const TOO_LARGE: Complaint = {
  message: 'it is larger than 1 MiB: no experiment needs that',
};
/** Values are nested too deeply. */
export const TOO_DEEP: Complaint = {
  message: `values are nested too deeply (at most ${DEPTH_MAX} levels)`,
};
const TOO_MANY: Complaint = { message: 'it has too many values: no experiment needs that' };
