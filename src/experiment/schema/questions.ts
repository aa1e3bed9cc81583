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
import {
  type Answer,
  type Cell,
  FINDINGS,
  type Question,
  type QuestionFile,
  type VerdictQuestion,
} from './schema.ts';

/** What may stand between braces in an answer to verdicts: how many there are of each, where, and the largest difference. */
export const VERDICT_WORDS = ['tally', 'where', 'largest'] as const;

/** Reads the conditions, values and columns of the questions; all that are wrong are reported. */
export function readQuestions(
  files: readonly QuestionFile[],
  root: Node,
  cells: readonly Cell[],
): Validated<Question[]> {
  const reader = new QuestionReader(root, {
    cells: cells.map(({ id }) => id),
    domains: cells[0]?.setup.domains.map(({ name }) => name) ?? [],
    jobs: cells[0]?.setup.jobs?.map(({ name }) => name) ?? [],
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
    const at = ['questions', index];
    if (!('answers' in file)) return this.verdictQuestion(file, at);
    const { ask, answers, table = [], cells = '' } = file;
    return {
      ask,
      cells,
      answers: answers.map(({ when = [], say }, a) => ({
        ...this.answer(say, [...at, 'answers', a, 'say'], []),
        when: when.flatMap((text, w) =>
          this.parsed([...at, 'answers', a, 'when', w], parseCondition(text, this.subjects)),
        ),
      })),
      table: table.flatMap((name, column) => {
        const quantity = parseQuantity(name, this.subjects.domains, this.subjects.jobs);
        if (quantity !== undefined) return [{ name, quantity }];
        const message = `${name} is no quantity: expected ${QUANTITY_FORMS}`;
        return this.parsed([...at, 'table', column], { ok: false, message });
      }),
    };
  }

  private verdictQuestion(
    file: Exclude<QuestionFile, { answers: unknown }>,
    at: KeyPath,
  ): VerdictQuestion {
    const { ask, policy, along, cells = '', kinds } = file;
    const [equivalent, worse, better, mixed] = FINDINGS.map((finding) =>
      this.answer(file[finding], [...at, finding], VERDICT_WORDS),
    );
    return { ask, policy, along, cells, kinds, equivalent, worse, better, mixed };
  }

  /** @param words - what may stand between braces besides expressions */
  private answer(say: string, path: KeyPath, words: readonly string[]): Answer {
    const expressions = placeholders(say).filter((text) => !words.includes(text));
    const values = expressions.flatMap((text) =>
      this.parsed(path, parseExpression(text, this.subjects)).map(
        (expression) => [text, expression] as const,
      ),
    );
    return { say, values: new Map(values) };
  }

  /** What was parsed, in a list; an empty one, and a problem noted, if it could not be. */
  private parsed<Value>(path: KeyPath, result: Parsed<Value>): Value[] {
    if (result.ok) return [result.value];
    const { message } = result;
    this.problems.push(problemAt(locate(this.root, path).origin, path, { message }));
    return [];
  }
}
