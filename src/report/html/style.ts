/** The colours of pages, light and dark, after Okabe and Ito. */
export const PALETTE: string = `:root { color-scheme: light dark; --back: #ffffff; --text: #1a1a1a; --soft: #555555; --line: #cccccc; --code: #f2f2f2; --card: #f8f8f6;
  --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #b0508a; --s4: #a86f00; --s5: #332288; --s6: #000000;
  --s7: #882255; --s8: #2f95cf; --s9: #77771f; --link: #00609a;
  --worse: #d55e00; --better: #0072b2; --equivalent: #00805d; --undecided: #6e6e6e; }
@media screen and (prefers-color-scheme: dark) { :root { --back: #16181c; --text: #e8e8e8; --soft: #b0b0b0; --line: #444444;
  --code: #24272d; --card: #1d2026; --s0: #56b4e9; --s1: #e8702a; --s2: #1dbb90; --s3: #d99cbc; --s4: #e69f00; --s5: #a99cf0;
  --s6: #ffffff; --s7: #e0709f; --s8: #b5dcff; --s9: #f0e442; --link: #7cc4f0;
  --worse: #e8702a; --better: #56b4e9; --equivalent: #1dbb90; --undecided: #a0a0a0; } }`;

/** The style sheet of report.html: light and dark, narrow and wide, and print. */
export const STYLE = `
${PALETTE}
* { box-sizing: border-box; }
html { scroll-padding-top: 4rem; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { padding: 0 24px 48px; max-width: 1560px; min-width: 0; }
p { max-width: 90ch; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .3rem; text-wrap: balance; } h1.long { font-size: 1.15rem; }
h2 { margin: 2.2rem 0 .8rem; border-bottom: 1px solid var(--line); }
h4 { margin: 0 0 .3rem; }
#answers > h2 { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
a { color: var(--link); }
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
.about { margin: 14px 0 2px; color: var(--soft); font-size: .85rem; max-width: none; }
.intro { margin: 0 0 .7rem; color: var(--soft); font-size: .9rem; max-width: 130ch; }
nav { font-size: .9rem; background: var(--card); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
nav details ul { padding-left: .8em; font-size: .92em; } nav details li { margin: .15em 0; }
nav summary { color: var(--soft); font-size: .85em; padding: 0; }
@media (min-width: 1000px) {
  body { display: grid; grid-template-columns: 196px minmax(0, 1fr); }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 16px 12px; border-right: 1px solid var(--line); }
  nav > ul > li { margin-bottom: .6em; }
}
@media screen and (max-width: 999.9px) {
  main { padding: 0 12px 48px; }
  nav { position: sticky; top: 0; z-index: 3; padding: 6px 12px; border-bottom: 1px solid var(--line); }
  nav > ul { display: flex; flex-wrap: nowrap; gap: 16px; overflow-x: auto; white-space: nowrap; } nav details { display: none; }
}
.answer { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 500px); gap: 2px 24px; margin-bottom: 8px; padding: 7px 14px 4px;
  background: var(--card); border-left: 4px solid var(--s0); border-radius: 4px; }
.answer > .said { grid-column: 1; } .answer > .rest { grid-column: 1 / -1; max-width: none; } .answer > .small { grid-column: 2; align-self: center; }
.answer > details { grid-column: 1 / -1; min-width: 0; }
.answer:not(:has(.small)) > .said { grid-column: 1 / -1; }
.answer p { margin: 0; } .ask { color: var(--soft); font-size: .92rem; }
.verdict { margin: 0; font-size: 1.12rem; line-height: 1.35; }
.number-line { color: var(--soft); font-size: .9rem; } .number-line strong { font-size: 1.3rem; color: var(--text); margin-right: .35em; }
.rest { font-size: .9rem; line-height: 1.42; }
.answer details p { margin: .6em 0; }
.tally { display: inline-flex; margin-left: .8em; } .answer > details > summary { font-size: .85rem; padding: 0; color: var(--soft); }
.rests { color: var(--soft); font-size: .9rem; } .rests p { max-width: none; margin: .6em 0; }
@media screen and (max-width: 859.9px) { .answer { grid-template-columns: minmax(0, 1fr); padding: 6px 8px; } .answer > * { grid-column: 1 !important; grid-row: auto !important; } }
blockquote { margin: 1em 0; padding-left: 1em; border-left: 4px solid var(--line); color: var(--soft); }
code, pre { background: var(--code); font-size: .85em; }
pre { padding: 1em; overflow: auto; overflow-wrap: normal; max-height: 70vh; }
.copied { position: relative; } .copied > button { position: absolute; top: 4px; right: 4px; }
.charts { columns: 440px; column-gap: 32px; }
.chart { margin: 0; position: relative; break-inside: avoid; } .charts > .chart { padding-bottom: 24px; max-width: 640px; }
.chart > svg { display: block; width: 100%; height: auto; overflow: visible; fill: currentColor;
  font: 13px system-ui, sans-serif; }
.chart svg text { white-space: pre; }
.mark { vector-effect: non-scaling-stroke; }
.anchor { color: var(--soft); text-decoration: none; font-weight: normal; }
figcaption { font-size: .85rem; color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 14px; margin: 0; padding: 0; list-style: none; font-size: .9rem; }
button { font: inherit; font-size: .85rem; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: 4px; padding: 2px 6px; cursor: pointer; }
.legend li button, th button { background: none; border-color: transparent; font-size: inherit; font-weight: inherit; }
button:hover { border-color: var(--text); }
.legend button[aria-pressed=false] { opacity: .6; text-decoration: line-through; }
:focus-visible { outline: 2px solid var(--better); outline-offset: 1px; }
.scale { gap: 2px 8px; }
.line { width: 28px; height: 10px; vertical-align: 1px; } .line path { stroke-width: 2; fill: none; }
.swatch { width: 14px; height: 14px; vertical-align: -2px; }
.patterns { position: absolute; }
.off { display: none; }
.settings { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: end; margin: 0 0 12px; padding: 6px 0;
  background: var(--back); border-bottom: 1px solid var(--line); font-size: .85rem; }
@media (max-width: 999.9px) { .settings { position: static; } }
.settings label { display: flex; flex-direction: column; color: var(--soft); }
select, input { font: inherit; color: var(--text); background: var(--back); border: 1px solid var(--line); border-radius: 4px; padding: 2px 4px; max-width: 100%; }
.read-out { position: absolute; z-index: 1; max-width: 100%; padding: 4px 8px; border: 1px solid var(--line); border-radius: 4px;
  background: var(--back); font-size: .85rem; pointer-events: none; }
.read-out:empty { display: none; }
.marked { stroke: currentColor; stroke-width: 3; }
table, details .charts { margin-top: 10px; }
.scroll { overflow: auto; max-width: 100%; max-height: 75vh; }
table { border-collapse: collapse; font-size: .85rem; overflow-wrap: normal; }
thead th { position: sticky; top: 0; background: var(--back); }
th, td { padding: 3px 10px; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; } th:has(button) { padding: 0 4px; }
.charts td { white-space: normal; } .charts td:nth-child(-n+3) { white-space: nowrap; } #answers td { white-space: normal; min-width: 7em; vertical-align: top; } #answers td.n { white-space: nowrap; min-width: 0; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.tools { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; margin-top: 8px; font-size: .85rem; }
summary { cursor: pointer; padding: .3em 0; } summary > h3 { display: inline; }
@media print { @page { margin: 12mm; } body { display: block; font-size: 9.5pt; } main { padding: 0; max-width: none; }
  nav, .zoom-buttons, .read-out, .settings, .tools, .copied > button, td button, .anchor, details:not([open]) { display: none; }
  h2 { margin-top: 1rem; } .charts { columns: 2; column-gap: 18px; } .charts > .chart { max-width: none; padding-bottom: 10px; }
  .answer { break-inside: avoid; grid-template-columns: 1fr 45%; }
  .legend { font-size: 8pt; gap: 0 8px; } .legend button { padding: 0; } figcaption { font-size: 7.5pt; }
  .scroll { overflow: visible; max-height: none; } table { font-size: 7pt; width: 100%; } th, td { white-space: normal; padding: 1px 5px; }
  td:has(code) { width: 40%; } td.n { white-space: nowrap; } tr { break-inside: avoid; }
  pre { white-space: pre-wrap; padding: 0; max-height: none; } h2, h3, h4, summary { break-after: avoid; } }
`;
