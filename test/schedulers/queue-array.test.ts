import fc from 'fast-check';
import { expect, it } from 'vitest';
import { insertAt, removeAt } from '../../src/schedulers/queue-array.ts';

const queues = fc.array(fc.nat());

it('inserts and removes as splice does', () => {
  fc.assert(
    fc.property(queues, fc.nat(), fc.nat(), (queue, item, position) => {
      const at = position % (queue.length + 1);
      const ours = [...queue];
      insertAt(ours, at, item);
      expect(ours).toEqual(queue.toSpliced(at, 0, item));
      removeAt(ours, at);
      expect(ours).toEqual(queue);
    }),
  );
});
