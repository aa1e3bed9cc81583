import { it } from 'vitest';
import { fromText } from '../theory/study.ts';
import { coverageOf } from './coverage-study.ts';

const COMMON = (duration: string, mean: string, sampling: string, window = '105ns') =>
  fromText(`
question: q
replications: 20
duration: ${duration}
machine: {scheduler: credit2, costs: {profile: qemu-icount, handle_set_way: ${window}}, timer_slop: 0}
domains:
  flusher: {memory: {ram: 8MiB, block: 2MiB}, vcpus: [{guest: {name: set-way-flusher, period: 17ms, jitter: 5ms}}]}
  hog: {vcpus: [{guest: hog}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: ${mean}, run: 20us}}]}
policies:
  upstream: {before: true, during: {threshold: 512}}
  during-only: {before: false, during: {threshold: 512}}
  never: {before: false, during: never}
measure: {latencies: [softirq_flush, virq, flush], warm_up: 20ms}
compare: {baseline: upstream, metrics: [mean, p50, p90, p99, max]}
${sampling}
`);
it('explores', () => {
  const t = performance.now();
  for (const [label, e] of [['base', COMMON('220ms', '700us', '')]] as const) {
    console.log(label);
    for (const { name, truth, shown, covering, width } of coverageOf(
      e,
      Number(process.env.N ?? 100),
    ))
      console.log(
        name.padEnd(50),
        truth.toFixed(0).padStart(9),
        String(shown).padStart(4),
        shown ? ((100 * covering) / shown).toFixed(1) : '-',
        width.toFixed(0),
      );
    console.log((performance.now() - t) / 1000);
  }
});
