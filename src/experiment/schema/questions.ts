import type { Problem } from '../../input/problems.ts';
import { type KeyPath, locate, type Node, problemAt } from '../../input/tree.ts';
import type { Validated } from '../../input/validate.ts';
import {
  type Parsed,
  parseCondition,
  parseExpression,
  placeholders,
  type Subjects,
} from './expression.ts';
import { parseQuantity, QUANTITY_FORMS } from './quantity.ts';
import type { Cell, Question, QuestionFile } from './schema.ts';

/** Reads the conditions, values and columns of the questions; all that are wrong are reported. */
export function readQuestions(
  files: readonly QuestionFile[],
  root: Node,
  cells: readonly Cell[],
): Validated<Question[]> {
  const reader = new QuestionReader(root, {
    cells: cells.map(({ id }) => id),
    domains: cells[0]?.setup.domains.map(({ name }) => name) ?? [],
  });
  const value = files.map((file, index) => reader.read(file, index));
  return reader.problems.length > 0
    ? { ok: false, problems: reader.problems }
    : { ok: true, value };
}

class QuestionReader {
  readonly problems: Problem[] = [];
  private readonly root: Node;
  private readonly subjects: Subjects;

  constructor(root: Node, subjects: Subjects) {
    this.root = root;
    this.subjects = subjects;
  }

  read(file: QuestionFile, index: number): Question {
    if (!('answers' in file)) return file;
    const { ask, answers, table = [], cells = '' } = file;
    const at = ['questions', index];
    return {
      ask,
      cells,
      answers: answers.map(({ when = [], say }, a) => ({
        say,
        when: when.flatMap((text, w) =>
          this.parsed([...at, 'answers', a, 'when', w], parseCondition(text, this.subjects)),
        ),
        values: new Map(
          placeholders(say).flatMap((text) =>
            this.parsed([...at, 'answers', a, 'say'], parseExpression(text, this.subjects)).map(
              (expression) => [text, expression] as const,
            ),
          ),
        ),
      })),
      table: table.flatMap((name, column) => {
        const quantity = parseQuantity(name, this.subjects.domains);
        if (quantity !== undefined) return [{ name, quantity }];
        const message = `${name} is no quantity: expected ${QUANTITY_FORMS}`;
        return this.parsed([...at, 'table', column], { ok: false, message });
      }),
    };
  }

  /** What was parsed, in a list; an empty one, and a problem noted, if it could not be. */
  private parsed<Value>(path: KeyPath, result: Parsed<Value>): Value[] {
    if (result.ok) return [result.value];
    const { message } = result;
    this.problems.push(problemAt(locate(this.root, path).origin, path, { message }));
    return [];
  }
}
