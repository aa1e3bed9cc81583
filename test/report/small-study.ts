/** A small study with flushes, wakers, two policies and two factors, from its duration to what it measures. */
export const SMALL_STUDY = `duration: 30ms
machine: {scheduler: {name: credit, ratelimit: 0}}
domains:
  flusher: {memory: {ram: 4MiB}, vcpus: [{guest: {name: set-way-flusher, period: 1ms}}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 300us}}]}
policies:
  upstream: {before: true, during: {threshold: 512}}
  never: {before: false, during: never}
factors:
  chunk: {set: policy.during.threshold, levels: [512, 64]}
  costs: {set: machine.costs, levels: [qemu-icount, zcu102-a53]}
measure: {latencies: [softirq_timer, flush]}
`;
