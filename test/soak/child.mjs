// Carries out experiments that it is sent, and says what became of each: a hash of everything that was measured.
import { createHash } from 'node:crypto';
import { loadExperiment } from '../../dist/experiment/plan/load.js';
import { replicate } from '../../dist/experiment/replication.js';
import { formatProblems } from '../../dist/input/problems.js';

function hashOf(result) {
  const hash = createHash('sha256');
  for (const { kind, columns } of result.samples) {
    hash.update(kind);
    for (const values of Object.values(columns))
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.update(JSON.stringify([result.latencies, result.counters])).digest('hex');
}

process.on('message', ({ file, backwards }) => {
  const loaded = loadExperiment(file);
  if (!loaded.ok) {
    process.send({ refused: formatProblems(loaded.problems) });
    return;
  }
  const { cells, seed, replications } = loaded.experiment;
  const runs = cells.flatMap(({ id, setup }) =>
    Array.from({ length: replications }, (_, replication) => ({ id, setup, replication })),
  );
  // What one replication leaves behind must not show in another.
  if (backwards) runs.reverse();
  const hashes = {};
  for (const { id, setup, replication } of runs) {
    try {
      hashes[`${id} ${replication}`] = hashOf(replicate(setup, seed, replication));
    } catch (error) {
      hashes[`${id} ${replication}`] = `failed: ${error.name}: ${error.message}`;
    }
  }
  process.send({ hashes });
});
