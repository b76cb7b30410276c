/** The CSS of a report, for light and dark mode and all screen widths. It loads no other file. */
export const reportStyle = `
:root { color-scheme: light dark; --ink: #1c1f24; --dim: #5f6773; --page: #fff; --panel: #f5f6f8; --line: #dfe2e7;
  --good: #18794e; --bad: #c62a2f; --warn: #8a5a00; --bar: #3b7dd8; --bad-panel: #fdf0f0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --dim: #9aa3af; --page: #14161a; --panel: #1d2025; --line: #31363e;
  --good: #4cc38a; --bad: #ff7378; --warn: #f0b849; --bar: #5a9cf2; --bad-panel: #2b181a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.25rem 0 .75rem; font-size: 1.1rem; }
a { color: var(--bar); }
.dim { color: var(--dim); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.badge { display: inline-block; padding: .05rem .6rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .9rem;
  font-weight: 600; vertical-align: .2em; white-space: nowrap; }
.lead { margin: .4rem 0 0; color: var(--dim); }
.box { margin: 1.25rem 0; padding: .9rem 1rem; border-left: 4px solid var(--bad); border-radius: 4px; background: var(--bad-panel); }
.box p { margin: .4rem 0 0; } .box p:first-child { margin: 0; font-weight: 600; }
pre { margin: .5rem 0 0; padding: .6rem .75rem; overflow-x: auto; border-radius: 4px; background: var(--panel);
  font: 13px/1.45 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font: .88em ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.phases { display: grid; grid-template-columns: max-content 1fr max-content; gap: .35rem .9rem; align-items: center; }
.phases > div { display: contents; }
.track { position: relative; height: .8rem; border-radius: 3px; background: var(--panel); overflow: hidden; }
.track i { position: absolute; top: 0; bottom: 0; min-width: 3px; border-radius: 3px; background: var(--bar); }
.track i.failed { background: var(--bad); }
.time { text-align: right; color: var(--dim); font-variant-numeric: tabular-nums; white-space: nowrap; }
details { border-top: 1px solid var(--line); } details:last-of-type { border-bottom: 1px solid var(--line); }
details.inner { margin-left: 1.35rem; border: 0 !important; }
summary { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .55rem .25rem; cursor: pointer; }
summary::before { content: "▸"; color: var(--dim); } details[open] > summary::before { content: "▾"; }
summary b { flex: 1 1 12rem; overflow-wrap: anywhere; }
ul.cases { margin: 0; padding: 0 0 .75rem 1.35rem; list-style: none; }
ul.cases li { display: grid; grid-template-columns: 1.2rem 1fr max-content; gap: 0 .4rem; padding: .12rem 0; overflow-wrap: anywhere; }
ul.cases pre { grid-column: 2 / 4; margin: .25rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; }
  .phases { grid-template-columns: 1fr; gap: .6rem; } .phases > div { display: grid; grid-template-columns: 1fr max-content; }
  .phases .track { grid-column: 1 / 3; grid-row: 2; } }
@media print { body { max-width: none; } details > * { display: block; } }
`
