/** The style of a page. Dark where the reader's system is; everything can be read without it. */
export const STYLE = `
:root { color-scheme: light dark; --bad: #b3261e; --odd: #8a5a00; --good: #1b6e3c; --line: #8884; --quiet: #777; --code: #8881 }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --odd: #ffc966; --good: #7ddc9b; --quiet: #999 } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 0 .5rem }
h2 { font-size: 1.1rem; margin: 1.8rem 0 .5rem }
h3 { font-size: 1rem; font-weight: 600; margin: .8rem 0 .2rem }
.state { border: 1px solid var(--line); border-radius: 4px; font-size: .85rem; font-weight: 400; padding: .1rem .5rem; vertical-align: middle }
dl { display: grid; gap: .1rem 1rem; grid-template-columns: max-content 1fr; margin: .8rem 0 }
dt, .quiet { color: var(--quiet); font-weight: 400 }
dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top }
th { color: var(--quiet); font-weight: 400 }
ul { margin: .2rem 0; padding-left: 1.2rem }
.group { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .5rem .8rem }
.group > summary { cursor: pointer; overflow-wrap: anywhere }
.names { color: var(--quiet); font-size: .85rem; margin: .3rem 0; overflow-wrap: anywhere }
p { margin: .1rem 0 .1rem 1.2rem; overflow-wrap: anywhere }
header p, .stopped { margin-left: 0 }
.change { margin-top: .4rem }
.change b { font-weight: 600 }
.why, .reason, .hint { color: var(--quiet) }
.reason { margin-left: 2.4rem }
code, pre { background: var(--code); font: 13px/1.4 ui-monospace, monospace }
code { padding: .05rem .3rem }
pre { margin: 0 0 0 2.4rem; min-height: 1.4em; overflow-wrap: anywhere; padding: 0 .5rem; white-space: pre-wrap }
.mark { border: 1px solid var(--line); border-radius: 4px; font-size: .8rem; padding: 0 .3rem }
.counts span, h3 span:first-child, summary span:first-of-type { font-weight: 600 }
.failed, .blocked, .unreachable, .unknown, .fail, .error, .stopped, .removed { color: var(--bad) }
.changed, .drift, .running, .under-way, .not-started, .not-reached, .declined, .inconclusive, .open, .due b { color: var(--odd) }
.steady, .skipped, .pass, .done b, .added { color: var(--good) }
.change.done, .change.due { color: inherit }
.hunk { color: var(--quiet) }
`;
