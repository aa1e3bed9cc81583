import { createHash } from 'node:crypto';
import { causePatterns } from '../report/draw/cause-style.ts';
import type { LabSource } from './state.ts';
import { LAB_STYLE } from './style.ts';

/** The programs of a lab page, as the bundler made them. */
export interface LabPrograms {
  readonly page: string;
  readonly worker: string;
}

/**
 * The lab as one page that needs nothing else. Its security policy lets it run its own two programs, and ask nobody for
 * anything.
 */
export function labDocument(source: LabSource, { page, worker }: LabPrograms): string {
  const program = inScript(page);
  const hash = createHash('sha256').update(program).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  // In JSON no sign of HTML is left to be taken for one.
  const data = JSON.stringify(source).replace(/</g, '\\u003c');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>preemptlab lab</title>
<style>${LAB_STYLE}</style>
</head>
<body>
${causePatterns()}
${BODY}
<script type="application/json" id="source">${data}</script>
<script type="text/plain" id="worker">${inScript(worker)}</script>
<script>${program}</script>
</body>
</html>
`;
}

/** A program that ends no script element before its end: in strings and patterns the sign means the same. */
function inScript(program: string): string {
  return program.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');
}

const BODY = `<header>
<h1>preemptlab lab</h1>
<label>experiment <select id="experiment"></select></label>
<p id="question"></p>
</header>
<noscript><p class="no-script">The lab runs the simulator in this page, for which it needs JavaScript.</p></noscript>
<main>
<aside aria-label="Setting">
<div class="row"><button type="button" id="reset">As in the file</button></div>
<form id="controls"></form>
<fieldset><legend>Runs</legend>
<div class="row"><label>replications <input id="replications" type="number" min="1" max="10000" step="1"></label>
<label>seed <input id="seed" type="number" min="0" step="1"></label></div></fieldset>
</aside>
<div id="results">
<p id="answer"></p>
<p id="problem" role="alert" hidden></p>
<p id="status" class="visually-hidden" role="status"></p>
<div class="row"><progress id="progress" aria-label="runs done"></progress><span id="progress-text"></span></div>
<div class="row"><label>latency <select id="kind"></select></label>
<button type="button" id="hold">Hold this setting as A</button>
<button type="button" id="swap" hidden>Swap A and B</button>
<button type="button" id="let-go" hidden>Let A go</button></div>
<p id="held"></p>
<div id="policies" role="group" aria-label="Policies"></div>
<section aria-labelledby="h-waits"><h2 id="h-waits">Waits</h2>
<div id="charts">
<figure><h3>Share of waits up to a time</h3><div id="up-to" class="plot"></div></figure>
<figure><h3>Share of waits at least so long</h3><div id="at-least" class="plot"></div></figure>
</div>
<div id="numbers"></div></section>
<section aria-labelledby="h-verdicts"><h2 id="h-verdicts">Verdicts</h2><div id="verdicts"></div></section>
<section aria-labelledby="h-theory"><h2 id="h-theory">In closed form</h2><div id="theory"></div></section>
<section aria-labelledby="h-causes"><h2 id="h-causes">Causes</h2><div id="causes"></div></section>
<section id="worst" aria-labelledby="h-worst" hidden><h2 id="h-worst">The worst case</h2>
<div class="row"><label>under <select id="worst-policy"></select></label></div>
<p id="worst-title"></p>
<ul id="lane-legend" class="legend"></ul>
<div class="row" role="group" aria-label="Timeline">
<button type="button" id="event-before">◀ event before</button><button type="button" id="event-next">next event ▶</button>
<button type="button" id="zoom-in" aria-label="zoom in">+</button><button type="button" id="zoom-out" aria-label="zoom out">−</button>
<button type="button" id="zoom-all">all of it</button>
<button type="button" id="move-left" aria-label="earlier">←</button><button type="button" id="move-right" aria-label="later">→</button></div>
<p id="event" role="status"></p>
<div id="timeline" tabindex="0" role="application" aria-label="Timeline of the worst case. Left and right arrow: event before and next; plus and minus: zoom; 0: all of it; with shift, left and right: earlier and later. The events are listed below."></div>
<p class="soft">The latency lies between the dashed lines. Drag to move, Ctrl and wheel to zoom; a thin line is a wake or a check point.</p>
<div class="sides"><div><h3>Event by event</h3><ol id="events"></ol></div><div><h3>What each ns went to</h3><div id="worst-causes"></div></div></div>
<p>All of its timeline:</p><pre id="worst-command" tabindex="0"></pre></section>
<section id="same" aria-labelledby="h-same"><h2 id="h-same">The same elsewhere</h2>
<p>With <span id="version"></span> this gives the same samples, to the byte, on the command line. The address of this page is a link to this setting.</p>
<pre id="command" tabindex="0"></pre>
<div class="row"><button type="button" id="copy">Copy the command</button><button type="button" id="file">Download as experiment file</button>
<button type="button" id="samples">Download samples.csv</button></div>
<pre id="failures"></pre></section>
</div>
</main>`;
