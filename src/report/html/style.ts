/**
 * Width of all charts: they are drawn for a narrow column, and scale [px]. On a screen of 420 px their text is still
 * more than 10 px.
 */
export const WIDTH = 480;

/** The style sheet of report.html: light and dark, narrow and wide, and print. Colours after Okabe and Ito. */
export const STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --text: #1a1a1a; --soft: #555555; --line: #cccccc; --code: #f2f2f2;
  --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #b0508a; --s4: #a86f00; --s5: #332288; --s6: #000000;
  --s7: #882255; --s8: #2f95cf; --s9: #77771f;
  --worse: #d55e00; --better: #0072b2; --equivalent: #00805d; --undecided: #777777; }
@media screen and (prefers-color-scheme: dark) { :root { --back: #16181c; --text: #e8e8e8; --soft: #b0b0b0; --line: #444444;
  --code: #24272d; --s0: #56b4e9; --s1: #e8702a; --s2: #1dbb90; --s3: #d99cbc; --s4: #e69f00; --s5: #a99cf0;
  --s6: #ffffff; --s7: #e0709f; --s8: #b5dcff; --s9: #f0e442; --worse: #e8702a; --better: #56b4e9; --equivalent: #1dbb90; --undecided: #a0a0a0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 0 12px 48px; max-width: 1240px; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main > section > p, blockquote, .answers > * { max-width: 90ch; }
h1 { font-size: 1.5rem; line-height: 1.3; max-width: 60ch; } h1.long { font-size: 1.15rem; max-width: 80ch; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h4 { margin: 0 0 .3rem; }
nav a { margin-right: 1em; }
a { color: var(--better); }
blockquote { margin: 1em 0; padding-left: 1em; border-left: 4px solid var(--line); color: var(--soft); }
code, pre { background: var(--code); font-size: .85em; }
pre { padding: 1em; overflow: auto; overflow-wrap: normal; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 540px), 1fr)); gap: 28px 32px; }
.chart { margin: 0; min-width: 0; max-width: 570px; position: relative; break-inside: avoid; }
.chart > svg { display: block; width: 100%; height: auto; overflow: visible; fill: currentColor;
  font: 13px system-ui, sans-serif; }
.chart svg text { white-space: pre; }
figcaption { font-size: .85rem; color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 14px; margin: 0; padding: 0; list-style: none; font-size: .9rem; }
.legend button { font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 4px;
  padding: 2px 6px; cursor: pointer; }
.legend button:hover { border-color: var(--line); }
.legend button[aria-pressed=false] { opacity: .45; text-decoration: line-through; }
:focus-visible { outline: 2px solid var(--better); outline-offset: 1px; }
.scale { gap: 2px 8px; }
.line { width: 28px; height: 10px; vertical-align: 1px; } .line path { stroke-width: 2; fill: none; }
.swatch { width: 14px; height: 14px; vertical-align: -2px; }
.patterns { position: absolute; }
.off { display: none; }
.read-out { position: absolute; z-index: 1; max-width: 100%; padding: 4px 8px; border: 1px solid var(--line); border-radius: 4px;
  background: var(--back); font-size: .85rem; pointer-events: none; }
.read-out:empty { display: none; }
.marked { stroke: currentColor; stroke-width: 3; }
table, details .charts { margin-top: 10px; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: .85rem; overflow-wrap: normal; }
th, td { padding: 3px 10px; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
#answers table { min-width: 1000px; } #answers td { white-space: normal; text-wrap: balance; vertical-align: top; } #answers td:first-child, #answers td.number { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; padding: .4em 0; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } nav, .zoom-buttons, .read-out { display: none; }
  .charts { grid-template-columns: 1fr 1fr; gap: 14px 18px; } .chart { max-width: none; }
  .legend { font-size: 8pt; gap: 0 8px; } .legend button { padding: 0; } figcaption { font-size: 8pt; }
  details::details-content { content-visibility: visible; display: block; }
  .scroll { overflow: visible; } table { font-size: 7pt; width: 100%; } #answers table { min-width: 0; } th, td { white-space: normal; padding: 1px 5px; }
  td:has(code) { width: 40%; } td.number { white-space: nowrap; } tr { break-inside: avoid; }
  pre { white-space: pre-wrap; padding: 0; } h2, h3, h4, summary { break-after: avoid; } }
`;
