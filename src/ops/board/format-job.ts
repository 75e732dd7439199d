const idLike = /^(?:[a-z]{2,5}_[0-9a-z]{26}|(?:evt|cs|pi|ch|re|dp)_[A-Za-z0-9_]{6,80})$/;
const shownMax = 2;
const depthMax = 4;

/**
 * The name under which Bull Board lists a job: `purchase.settle · prj_… pur_…`, `stripe-event.process · 3 events:
 * charge.succeeded`. Whatever lies in the queue gives some name; nothing here throws.
 */
export function formatJobName(job: { readonly name?: unknown; readonly data?: unknown }): string {
  const name = typeof job.name === "string" && job.name !== "" ? job.name : "unnamed";
  const said = describe(job.data);
  return said === "" ? name : `${name} · ${said}`;
}

function describe(data: unknown): string {
  const list = listIn(data);
  if (list === undefined) return named(idsIn(data, 0));
  const [what, items] = list;
  const types = [...new Set(items.map(typeOf).filter((type) => type !== ""))];
  const ids = items.length === 1 ? idsIn(items, 0) : [];
  const count = items.length === 1 ? "" : `${items.length} ${what}: `;
  return `${count}${named([...types, ...ids])}`.replace(/: $/, "");
}

function named(words: readonly string[]): string {
  const more = words.length - shownMax;
  return `${words.slice(0, shownMax).join(" ")}${more > 0 ? ` +${more}` : ""}`;
}

/** The one list that a batch job carries, with its name. */
function listIn(data: unknown): readonly [string, readonly unknown[]] | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  for (const [name, value] of Object.entries(data))
    if (Array.isArray(value) && value.length > 0) return [name, value];
  return undefined;
}

function typeOf(item: unknown): string {
  if (typeof item !== "object" || item === null || !("type" in item)) return "";
  return typeof item.type === "string" ? item.type.slice(0, 60) : "";
}

function idsIn(value: unknown, depth: number): string[] {
  if (typeof value === "string") return idLike.test(value) ? [value] : [];
  if (typeof value !== "object" || value === null || depth > depthMax) return [];
  return Object.values(value).flatMap((inner) => idsIn(inner, depth + 1));
}
