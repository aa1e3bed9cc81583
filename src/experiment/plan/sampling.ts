import { show } from '../../input/problems.ts';
import type { KeyPath } from '../../input/tree.ts';
import { formatDuration } from '../../input/units.ts';
import type { DomainFile } from '../schema/domain-schema.ts';
import type { GuestSetup } from '../schema/guest-schema.ts';
import type { SampledStratum, Sampling, SamplingFile } from '../schema/sampling-schema.ts';
import type { Finding } from './checks.ts';

/** A sampling that can be carried out, or what is wrong with it. Paths within `sampling`. */
export type SamplingResult =
  | { readonly ok: true; readonly sampling: Sampling }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** A guest that begins at a phase of its period. */
type Phased = Extract<GuestSetup, { phase: unknown }>;
type Window = SamplingFile['windows'][number];

/** Shares are percentages: sums of them are exact to this. */
const ROUNDING = 1e-9;

/** Makes strata of the windows: each is one, and what no window has is another. */
export function resolveSampling(
  file: SamplingFile,
  names: readonly string[],
  domains: readonly DomainFile[],
): SamplingResult {
  const { guest, after, from } = file;
  const findings: Finding[] = [];
  const sampled = phased('guest', guest, names, domains, findings);
  if (after !== undefined) phased('after', after, names, domains, findings);
  if (after === guest) findings.push(finding(['after'], 'a phase is not counted from itself'));
  if (sampled !== undefined && sampled.phase !== 'random') {
    const given = `the phase of ${guest} is given (${formatDuration(sampled.phase)})`;
    findings.push(finding(['guest'], `${given}: only a random one is sampled`));
  }
  if (sampled === undefined || findings.length > 0) return { ok: false, findings };
  const to = file.to ?? from + sampled.period;
  if (to <= from) findings.push(finding(['to'], `it is not after from (${formatDuration(from)})`));
  else findings.push(...checkWindows(file.windows, from, to));
  if (findings.length > 0) return { ok: false, findings };
  return { ok: true, sampling: { guest, after, strata: strataOf(file.windows, from, to) } };
}

function phased(
  key: string,
  name: string,
  names: readonly string[],
  domains: readonly DomainFile[],
  findings: Finding[],
): Phased | undefined {
  const allowed = names.filter((_, d) => 'phase' in domains[d].vcpus[0].guest);
  const guest = domains[names.indexOf(name)]?.vcpus[0].guest;
  if (guest !== undefined && 'phase' in guest) return guest;
  const message = `${name} is no domain whose first vCPU has a phase`;
  const among = allowed.length === 0 ? 'no domain has one' : allowed.join(', ');
  findings.push({ path: [key], complaint: { message, found: show(name), allowed: among } });
  return undefined;
}

function checkWindows(windows: readonly Window[], from: number, to: number): Finding[] {
  const findings: Finding[] = [];
  windows.forEach((window, w) => {
    const text = `${formatDuration(window.from)} to ${formatDuration(window.to)}`;
    const at = ['windows', w];
    const isInside = window.from >= from && window.to <= to && window.from < window.to;
    if (!isInside) {
      const whole = `${formatDuration(from)} to ${formatDuration(to)}`;
      findings.push(finding(at, `a window from ${text} is no part of ${whole}`));
    }
    if (window.share === 0)
      findings.push(finding([...at, 'share'], 'a window has a share above 0%'));
    const earlier = windows
      .slice(0, w)
      .some((other) => other.from < window.to && window.from < other.to);
    if (earlier) findings.push(finding(at, `the window from ${text} overlaps an earlier one`));
  });
  if (findings.length > 0) return findings;
  const rest = 1 - sum(windows.map(({ share }) => share));
  const isCovered = sum(windows.map((window) => window.to - window.from)) === to - from;
  if (rest < -ROUNDING)
    findings.push(finding(['windows'], 'the shares are more than 100% together'));
  else if (isCovered && rest > ROUNDING) {
    findings.push(
      finding(['windows'], 'nothing lies outside the windows: their shares must be 100%'),
    );
  } else if (!isCovered && rest < ROUNDING) {
    const message =
      'what lies outside the windows needs a share, or it would be missing: their shares must be below 100%';
    findings.push(finding(['windows'], message));
  }
  return findings;
}

function strataOf(windows: readonly Window[], from: number, to: number): SampledStratum[] {
  const strata = windows.map(
    (window): SampledStratum => ({
      probability: (window.to - window.from) / (to - from),
      share: window.share,
      parts: [{ from: window.from, to: window.to }],
    }),
  );
  const parts: { from: number; to: number }[] = [];
  let next = from;
  for (const window of [...windows].sort((a, b) => a.from - b.from)) {
    if (window.from > next) parts.push({ from: next, to: window.from });
    next = window.to;
  }
  if (next < to) parts.push({ from: next, to });
  if (parts.length === 0) return strata;
  const width = sum(parts.map((part) => part.to - part.from));
  const share = 1 - sum(windows.map((window) => window.share));
  return [...strata, { probability: width / (to - from), share, parts }];
}

function finding(path: KeyPath, message: string): Finding {
  return { path, complaint: { message } };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
