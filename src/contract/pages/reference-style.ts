/** What the reference has beside the shared style sheet. */
export const referenceStyle = `
.reference{display:grid;grid-template-columns:minmax(0,1fr);gap:1.5rem}
.reference .text{min-width:0}
.reference nav ul{list-style:none;margin:0;padding:0}
.reference nav>ul{display:flex;flex-wrap:wrap;gap:.35rem 1rem}
.reference nav ul ul{display:none}
.reference nav a{text-decoration:none}
.reference nav a:hover{text-decoration:underline}
.reference h2.topic{margin-top:3.5rem;font-size:1.3rem}
.reference h3{font-size:1.05rem;margin:0 0 .35rem}
.reference h3 a{color:inherit;text-decoration:none}
.reference h3 a:hover{text-decoration:underline}
.reference h4{font-size:.875rem;color:var(--soft);margin:1.25rem 0 .35rem}
.reference .card{margin:0 0 1rem;scroll-margin-top:1rem}
.reference :target{border-color:var(--brand);box-shadow:0 0 0 1px var(--brand)}
.reference h1:target,.reference h2:target{box-shadow:none}
.reference p code,.reference li code{background:var(--wash);border-radius:4px;padding:.05em .25em}
.call{margin:.25rem 0}
.method{display:inline-block;min-width:3.4em;text-align:center;font:600 .78rem/1.7 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;border-radius:6px;padding:0 .4em;color:var(--info);background:var(--info-wash)}
.method.post{color:var(--good);background:var(--good-wash)}
.method.put{color:var(--warn);background:var(--warn-wash)}
pre{margin:1rem 0;padding:.85rem 1rem;background:var(--wash);border:1px solid var(--line);border-radius:10px;overflow-x:auto;overflow-wrap:normal;font-size:.875rem;line-height:1.5}
.fields,.codes{list-style:none;margin:.25rem 0;padding:0}
.fields>li{padding:.45rem 0;border-top:1px solid var(--line)}
.fields>li:first-child{border-top:0}
.fields .fields{margin:.35rem 0 0;padding:0 0 0 .9rem;border-left:2px solid var(--line)}
.fields p{margin:.1rem 0}
.fields .soft{font-size:.875rem}
.type{font-size:.875rem;color:var(--soft)}
.codes li{padding:.15rem 0}
.answer{margin:.25rem 0 .75rem}
.answer p{margin:.25rem 0}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--brand);font-size:.925rem}
@media (min-width:64rem){
.reference{grid-template-columns:16rem minmax(0,1fr);gap:2.5rem}
.reference nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;padding:1.5rem 0;margin:-1.5rem 0;font-size:.9rem}
.reference nav>ul{display:block}
.reference nav>ul>li{margin:0 0 .75rem;font-weight:600}
.reference nav ul ul{display:block;margin:.2rem 0 0;font-weight:400}
.reference nav ul ul li{padding:.1rem 0}
.reference nav ul ul a{color:var(--soft)}
}
`;
