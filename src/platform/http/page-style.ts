/**
 * The one style sheet of every page. It loads nothing and names no host, and the Content-Security-Policy of a page
 * allows exactly this text. Colours keep a contrast of 4.5 and more in both schemes.
 */
export const pageStyle = `
:root{color-scheme:light dark;--ink:#14171f;--soft:#5a6172;--line:#e2e5ec;--paper:#fff;--wash:#f5f6fa;--brand:#4338ca;--on-brand:#fff;--good:#0f6b3f;--good-wash:#e7f6ee;--warn:#7a4a00;--warn-wash:#fff4dc;--bad:#a11b1b;--bad-wash:#fdecec;--info:#273c8f;--info-wash:#eaeefc;--shadow:0 1px 2px rgba(20,23,31,.05),0 8px 28px rgba(20,23,31,.06)}
@media (prefers-color-scheme:dark){:root{--ink:#eceef4;--soft:#a3aabb;--line:#2b3040;--paper:#181b24;--wash:#0f1117;--brand:#a5a8ff;--on-brand:#11131c;--good:#6fdda5;--good-wash:#12281e;--warn:#f5c66a;--warn-wash:#2b2213;--bad:#ff9c9c;--bad-wash:#331a1d;--info:#b4c3ff;--info-wash:#1a2140;--shadow:none}}
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;background:var(--wash);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 3rem}
main.narrow{max-width:30rem;padding-top:12vh}
main.wide{max-width:76rem}
a{color:var(--brand)}
h1{font-size:1.45rem;line-height:1.25;letter-spacing:-.015em;margin:0 0 .5rem}
h2{font-size:1.05rem;letter-spacing:-.005em;margin:2.25rem 0 .75rem}
p{margin:.5rem 0}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.number{font-variant-numeric:tabular-nums;white-space:nowrap}
.masthead{display:flex;align-items:center;justify-content:space-between;gap:1rem;margin:0 0 1rem;color:var(--soft);font-weight:600}
.masthead p{margin:0}
.badge{display:inline-block;flex:none;border-radius:99px;padding:.1rem .6rem;font-size:.75rem;font-weight:600;color:var(--warn);background:var(--warn-wash)}
.card{background:var(--paper);border:1px solid var(--line);border-radius:16px;padding:1.5rem;box-shadow:var(--shadow)}
.card>:first-child{margin-top:0}.card>:last-child{margin-bottom:0}
.narrow .card{padding:2rem 1.5rem}
.mark{display:flex;align-items:center;justify-content:center;width:3rem;height:3rem;border-radius:99px;font-size:1.5rem;font-weight:700;line-height:1;margin:0 0 1rem}
.good{color:var(--good);background:var(--good-wash)}.warn{color:var(--warn);background:var(--warn-wash)}.bad{color:var(--bad);background:var(--bad-wash)}.info{color:var(--info);background:var(--info-wash)}
.notice{border-radius:12px;padding:.8rem 1rem;margin:0 0 1rem;font-weight:500}
.balance{font-size:clamp(2.5rem,11vw,3.5rem);font-weight:700;line-height:1.1;letter-spacing:-.03em;margin:0}
.balance small{margin-left:.45rem;font-size:1.05rem;font-weight:500;letter-spacing:0;color:var(--soft)}
.facts{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1rem 0 0;padding:1rem 0 0;border-top:1px solid var(--line)}
.facts dt{font-size:.875rem;color:var(--soft)}.facts dd{margin:0;font-weight:600}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.9rem;list-style:none;margin:0;padding:0}
.cards li{display:flex;flex-direction:column;gap:.15rem;padding:1.15rem}
.cards h3{font-size:1.05rem;margin:0}
.cards p{margin:0}
.cards .price{font-size:1.35rem;font-weight:700;letter-spacing:-.02em;margin-top:auto;padding-top:.5rem}
.cards form{padding-top:.9rem}
.button,button{display:inline-block;font:inherit;font-weight:600;text-align:center;text-decoration:none;color:var(--on-brand);background:var(--brand);border:1px solid transparent;border-radius:10px;padding:.65rem 1.1rem;min-height:2.75rem;cursor:pointer}
.cards button{width:100%}
.button:hover,button:hover{filter:brightness(1.08)}
.button.quiet,button.quiet{color:var(--ink);background:transparent;border-color:var(--line)}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0 0}
.actions>*{flex:1 1 auto}
table{width:100%;border-collapse:collapse}
th,td{text-align:left;vertical-align:top;padding:.7rem .5rem;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}
th{font-size:.8rem;font-weight:600;color:var(--soft)}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
th.number,td.number{text-align:right}
td time,td small{display:block;font-size:.825rem;color:var(--soft)}
.in{color:var(--good);font-weight:600}.out{font-weight:600}
.sheet{padding:.4rem 1.25rem}
.pages{display:flex;justify-content:space-between;gap:1rem;margin:1rem 0 0}
.empty{text-align:center;padding:2rem 1rem;color:var(--soft)}
.empty strong{display:block;color:var(--ink);font-size:1.05rem}
footer{margin:2.5rem 0 0;font-size:.825rem;color:var(--soft);text-align:center}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
:focus-visible{outline:3px solid var(--brand);outline-offset:2px}
.spinner{width:1.4rem;height:1.4rem;border:3px solid currentColor;border-right-color:transparent;border-radius:99px;animation:turn 1s linear infinite}
@keyframes turn{to{transform:rotate(1turn)}}
@media (prefers-reduced-motion:reduce){.spinner{animation:none}}
@media (max-width:30rem){main.narrow{padding-top:2rem}.card{padding:1.25rem}.sheet{padding:.25rem 1rem}.actions>*{flex-basis:100%}}
`;
