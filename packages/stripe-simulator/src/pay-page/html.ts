const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML, so that no name or message can become markup. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const style = `
:root{color-scheme:light;--ink:#1a1f36;--soft:#697386;--line:#e3e8ee;--brand:#635bff;--paper:#fff;--wash:#f6f9fc}
*{box-sizing:border-box}
body{margin:0;background:var(--wash);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.banner{background:#fff4e5;border-bottom:1px solid #ffd9a0;color:#663c00;text-align:center;padding:.6rem 1rem;font-size:.9rem}
main{max-width:30rem;margin:2.5rem auto;padding:0 1rem}
.card{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1.75rem;box-shadow:0 8px 30px rgba(26,31,54,.07)}
.merchant{color:var(--soft);margin:0;font-size:.95rem}
h1{margin:.15rem 0 0;font-size:1.25rem;overflow-wrap:anywhere}
.amount{font-size:2.4rem;font-weight:700;letter-spacing:-.02em;margin:.35rem 0 1rem}
ul.lines{list-style:none;margin:0 0 1.25rem;padding:.75rem 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
ul.lines li{display:flex;justify-content:space-between;gap:1rem;color:var(--soft);overflow-wrap:anywhere}
fieldset{border:0;margin:0;padding:0}legend{font-weight:600;margin-bottom:.5rem;padding:0}
label.choice{display:flex;gap:.75rem;align-items:flex-start;border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem;margin-bottom:.5rem;cursor:pointer}
label.choice:has(input:checked){border-color:var(--brand);box-shadow:0 0 0 1px var(--brand)}
label.choice small{display:block;color:var(--soft)}
input[type=radio]{accent-color:var(--brand);margin-top:.3rem}
input[type=text]{width:100%;font:inherit;padding:.55rem .7rem;border:1px solid var(--line);border-radius:8px;margin:.25rem 0 1rem}
button{width:100%;font:inherit;font-weight:600;color:#fff;background:var(--brand);border:0;border-radius:8px;padding:.8rem;margin-top:.75rem;cursor:pointer}
button:hover{filter:brightness(1.08)}button:focus-visible,input:focus-visible,a:focus-visible{outline:3px solid #b3aeff;outline-offset:2px}
.error{background:#fdecea;border:1px solid #f5c2bd;color:#8a1f11;border-radius:8px;padding:.7rem .9rem;margin:0 0 1rem}
.away{display:block;text-align:center;margin-top:1rem;color:var(--soft)}`;

/** A whole page around a card of content, which must be HTML already. */
export function renderDocument(title: string, card: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<div class="banner" role="note"><strong>Stripe simulator.</strong> This is a test page: no card is read and no money moves.</div>
<main><div class="card">${card}</div></main>
</body>
</html>
`;
}
