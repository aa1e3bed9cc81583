import { PALETTE } from '../report/html/style.ts';

/** The style sheet of the lab: wide, narrow, and print; colours are those of the report. */
export const LAB_STYLE: string = `${PALETTE}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; padding: 0 24px 48px; max-width: 1560px; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.45rem; line-height: 1.25; } h2 { border-bottom: 1px solid var(--line); } h3 { font-size: 1rem; margin: 8px 0 4px; }
a { color: var(--link); }
code, pre { background: var(--code); font-size: .85em; } pre { padding: 1em; overflow: auto; overflow-wrap: normal; } pre:empty { display: none; }
:focus-visible { outline: 2px solid var(--better); outline-offset: 1px; }
.legend { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 14px; margin: 0; padding: 0; list-style: none; font-size: .9rem; }
.line { width: 28px; height: 10px; vertical-align: 1px; } .line path { stroke-width: 3; fill: none; }
.swatch { width: 14px; height: 14px; vertical-align: -2px; }
.patterns { position: absolute; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: .85rem; overflow-wrap: normal; }
th, td { padding: 3px 10px; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th:first-child { padding-left: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; padding: .4em 0; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 24px; border-bottom: 1px solid var(--line); padding-bottom: 10px; }
header h1 { margin: 12px 0 4px; }
header label { margin-left: auto; }
#question { flex-basis: 100%; margin: 0; color: var(--soft); max-width: 110ch; }
main { display: grid; grid-template-columns: 320px minmax(0, 1fr); gap: 0 36px; }
aside { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 12px 12px 24px 2px; }
fieldset { border: 0; padding: 0; margin: 0 0 16px; min-width: 0; }
legend { font-weight: 600; padding: 0; margin-bottom: 4px; border-bottom: 1px solid var(--line); width: 100%; }
.control { display: grid; grid-template-columns: minmax(0, 1fr) 84px; gap: 0 8px; align-items: center; margin: 5px 0; font-size: .88rem; }
.control label { grid-column: 1 / -1; color: var(--soft); line-height: 1.25; }
.control.chosen { grid-template-columns: minmax(0, 1fr) minmax(0, 150px); } .control.chosen label { grid-column: 1; }
input, select, button { font: inherit; color: inherit; accent-color: var(--better); }
input[type=range] { width: 100%; min-height: 24px; margin: 0; }
input[type=text], input[type=number], select, main button { background: var(--back); border: 1px solid var(--line); border-radius: 4px; padding: 2px 6px; min-height: 28px; min-width: 0; max-width: 100%; }
input.amount { width: 100%; text-align: right; font-variant-numeric: tabular-nums; }
main button { cursor: pointer; padding: 2px 10px; } main button:hover { border-color: var(--soft); }
#replications, #seed { width: 7em; }
.row { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; margin: 8px 0; }
#answer { font-size: 1.2rem; line-height: 1.4; margin: 14px 0 6px; max-width: 90ch; min-height: 4.2em; }
#problem { white-space: pre-wrap; border-left: 4px solid var(--worse); padding: 6px 12px; font-family: monospace; font-size: .85rem; }
#policies { display: flex; flex-wrap: wrap; gap: 2px 16px; } #policies label { display: flex; gap: 5px; align-items: center; }
progress { height: 8px; width: 120px; accent-color: var(--better); }
.soft, #progress-text, #held { color: var(--soft); font-size: .88rem; } #held:empty { display: none; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
#charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 12px 28px; }
#charts figure { margin: 0; min-width: 0; } #charts h3 { margin: 0; font-size: 1rem; } .plot { min-height: 300px; } .plot svg { display: block; max-width: 100%; overflow: visible; }
#results h2 { margin: 28px 0 10px; font-size: 1.15rem; }
caption { text-align: left; color: var(--soft); padding: 4px 0; white-space: nowrap; }
tbody th { font-weight: 400; }
#verdicts details { margin-bottom: 12px; } #verdicts details td { white-space: normal; min-width: 8em; }
.verdict { font-weight: 600; color: var(--undecided); }
.verdict.worse { color: light-dark(#b34e00, #e8702a); } .verdict.better { color: var(--better); } .verdict.equivalent { color: var(--equivalent); }
svg.bar { width: 100%; min-width: 160px; max-width: 640px; height: 18px; } svg.bar rect { stroke: var(--back); stroke-width: .5; }
#worst-causes th { white-space: normal; min-width: 9em; } #worst-causes td, #worst-causes th { padding-left: 0; }
#theory ul { margin: 0; padding-left: 1.2em; } #theory p { margin: 0 0 4px; } #theory { max-width: 100ch; }
#timeline { touch-action: pan-y; cursor: grab; overflow: hidden; border: 1px solid var(--line); border-radius: 4px; padding: 4px; user-select: none; }
#timeline svg { display: block; width: 100%; height: auto; fill: currentColor; font: 12px system-ui, sans-serif; }
#timeline .name { fill: #111111; font-size: 11px; pointer-events: none; } #timeline .time { text-anchor: middle; font-size: 11px; }
#timeline .mark { stroke: currentColor; stroke-width: 1; } #timeline .tick { stroke: currentColor; stroke-opacity: .15; }
#timeline .end { stroke: #b0508a; stroke-width: 2; stroke-dasharray: 4 3; } #timeline .cursor { stroke: currentColor; stroke-width: 2; }
#event { min-height: 1.6em; font-variant-numeric: tabular-nums; }
#events { max-height: 220px; overflow-y: auto; margin: 0; padding: 0 0 0 3.4em; border: 1px solid var(--line); border-radius: 4px; font: 12px/1.5 ui-monospace, monospace; }
#events button { border: 0; padding: 0 6px; min-height: 24px; width: 100%; text-align: left; white-space: pre-wrap; background: none; } #events [aria-current] { background: var(--code); }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 8px 28px; } .sides > * { min-width: 0; }
#same pre { white-space: pre-wrap; margin: 0 0 8px; }
.no-script { border-left: 4px solid var(--worse); padding-left: 12px; }
@media (max-width: 860px) { body { padding: 0 12px 24px; } main { display: flex; flex-direction: column; } aside { order: 2; top: auto; bottom: 0; z-index: 2; max-height: 38vh; width: calc(100% + 24px); margin: 0 -12px; padding: 8px 12px 0; background: var(--back); border-top: 2px solid var(--soft); }
  #results { width: 100%; min-width: 0; } header label { margin-left: 0; } #answer { font-size: 1.05rem; } }
@media print { aside, .row { display: none; } main { display: block; } }
`;
