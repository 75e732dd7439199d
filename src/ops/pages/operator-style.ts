/** What operator pages need beyond the shared style: forms, a bar, dense tables, states. */
export const operatorStyle = `
label{display:block;font-weight:600;margin:1rem 0 .3rem}
input{width:100%;font:inherit;color:var(--ink);background:var(--wash);border:1px solid var(--line);border-radius:10px;padding:.6rem .75rem;min-height:2.75rem}
form .button,form>button{margin-top:1.25rem}
.bar{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1.5rem;margin:0 0 1.5rem}
.bar strong{margin-right:auto;font-size:1.05rem}
.bar form{margin:0}
.bar button{margin:0;min-height:0;padding:.3rem .8rem}
.scroll{overflow-x:auto}
.scroll table{min-width:38rem}
.scroll th,.scroll td{padding:.55rem .75rem;font-size:.925rem}
.scroll code{font-size:.85em;overflow-wrap:anywhere}
.state{display:inline-block;border-radius:99px;padding:.05rem .6rem;font-size:.8rem;font-weight:600;white-space:nowrap}
.checks{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.75rem;list-style:none;margin:0;padding:0}
.checks li{padding:.9rem 1rem;border-radius:12px}
.checks li p{margin:.25rem 0 0;font-size:.875rem;color:var(--soft)}
.checks .head{display:flex;justify-content:space-between;gap:.5rem;font-weight:600}
.some{color:var(--bad);font-weight:700}
select{font:inherit;color:var(--ink);background:var(--wash);border:1px solid var(--line);border-radius:10px;padding:.6rem .75rem;min-height:2.75rem;max-width:100%}
label select{display:block;margin-top:.3rem}
.inline{display:flex;flex-wrap:wrap;align-items:end;gap:1rem}
.inline label{min-width:0;max-width:100%}
.inline label,.inline button{margin:0}
summary{cursor:pointer;color:var(--brand);font-weight:600}
td summary{white-space:nowrap}
details.card{margin-top:.75rem}
details.card form{margin-top:1rem}
td details form{min-width:14rem}
td details label{font-size:.875rem;margin:.5rem 0 0}
td details button{margin-top:.75rem}
.chart{margin:0}
.chart svg{width:100%;height:auto;display:block}
.chart text{font-size:11px;fill:var(--soft)}
.chart .axis{stroke:var(--line)}
.chart .found{fill:var(--warn)}.chart .healed{fill:var(--good)}.chart .open{fill:var(--bad)}
.chart figcaption{margin:.75rem 0;font-size:.875rem;color:var(--soft)}
.key{margin-left:.75rem;white-space:nowrap}
.key::before{content:"";display:inline-block;width:.7rem;height:.7rem;border-radius:3px;margin-right:.35rem}
.key.found::before{background:var(--warn)}.key.healed::before{background:var(--good)}.key.open::before{background:var(--bad)}
.stack td{overflow-wrap:anywhere}
.stack td.about{min-width:21rem}
@media(max-width:40rem){
.scroll table.stack{min-width:0}
.stack thead{position:absolute;left:-999rem}
.stack tr{display:block;padding:.75rem 0;border-top:1px solid var(--line)}
.stack tbody tr:first-child{border-top:0}
.stack td,.stack td.number{display:block;border:0;text-align:left;padding:.15rem 0}
.stack td.about{min-width:0}
.stack td[data-name]::before{content:attr(data-name) ": ";color:var(--soft)}
.chart text{font-size:24px}
}
h2 .soft{font-weight:400;font-size:.9rem;margin-left:.4rem}
`;
