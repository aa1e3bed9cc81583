import { counted } from '../input/counted.ts';
import type { Digest } from './digest.ts';
import { notDone } from './happened.ts';
import { timeText } from './time-text.ts';

/**
 * Context switches of a pCPU in a row, without a guest instruction between, that are told about. A few are normal: a vCPU
 * is preempted before it is back in its guest, or blocks in the hypervisor.
 */
const SWITCHES_TOLD = 20;
/** Cells named for each caution. */
const CELLS_MAX = 8;

/** What readers of the results must know before they believe them, one paragraph each: guests without progress, and the like. */
export function cautions(digests: readonly Digest[]): string[] {
  const stuck = told(digests, ({ stuck }) => {
    const names = [...stuck].map(([name, count]) => `${name} (${runs(count)})`);
    return names.length > 0 ? names.join(', ') : undefined;
  });
  const switching = told(digests, ({ longestSwitching: count }) =>
    count >= SWITCHES_TOLD ? `${count}` : undefined,
  );
  const lost = told(digests, (digest) => lossesText(digest, (defect) => defect !== ''));
  const unexplained = told(digests, (digest) => lossesText(digest, (defect) => defect === ''));
  const refused = told(digests, ({ operations }) => {
    const texts = [...operations.values()].flatMap(({ what, outcomes }) => {
      const text = notDone(outcomes);
      return text === '' ? [] : [`${what}: ${text}`];
    });
    return texts.length > 0 ? texts.join(', ') : undefined;
  });
  const censored = told(digests, ({ kinds }) => {
    const parts = [...kinds].filter(([, { censored: count }]) => count > 0);
    const texts = parts.map(([kind, own]) => `${kind} ${own.censored} of ${own.count}`);
    return texts.length > 0 ? texts.join(', ') : undefined;
  });
  return [
    ['Without any progress: these vCPUs could go on and executed no guest instruction', stuck],
    [
      'Lost vCPUs: they could go on, and a pCPU idled where they may run. A defect of Xen, which the model has',
      lost,
    ],
    [
      'Lost vCPUs: they could go on, and a pCPU idled where they may run. No known defect of Xen; look at the timeline',
      unexplained,
    ],
    ['Events of which some were not done', refused],
    ['pCPUs that only switched: context switches in a row without a guest instruction', switching],
    [
      'Latencies that had not ended when the run did, and are at least as long as is said',
      censored,
    ],
  ].flatMap(([what, cells]) => (cells === undefined ? [] : [`${what}: ${cells}.`]));
}

/** The losses of a cell whose defect is of some kind. */
function lossesText({ lost }: Digest, is: (defect: string) => boolean): string | undefined {
  const texts = [...lost]
    .filter(([, { defect }]) => is(defect))
    .map(([vcpu, { count, longest, defect }]) => {
      const often = count === 1 ? 'once' : `${count} times`;
      const why = defect === '' ? '' : `; ${defect}`;
      return `${vcpu} (${often}, for up to ${timeText(longest)}${why})`;
    });
  return texts.length > 0 ? texts.join(', ') : undefined;
}

function runs(count: number): string {
  return counted(count, 'replication');
}

/** The cells of which there is something to tell, and what. */
function told(
  digests: readonly Digest[],
  of: (digest: Digest) => string | undefined,
): string | undefined {
  const texts = digests.flatMap((digest) => {
    const text = of(digest);
    return text === undefined ? [] : [`${digest.cell.id}: ${text}`];
  });
  if (texts.length === 0) return undefined;
  const more =
    texts.length > CELLS_MAX ? `; and ${counted(texts.length - CELLS_MAX, 'cell')} more` : '';
  return texts.slice(0, CELLS_MAX).join('; ') + more;
}
