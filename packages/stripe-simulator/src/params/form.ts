import { invalidRequest } from "../api-error.js";

/** A form value before its type is known: text, or a table of named values (an array is a table of digits). */
export type FormValue = string | FormTable;

/** A table without prototype, so that no parameter name is special. */
export interface FormTable {
  [name: string]: FormValue;
}

const depthMax = 12;
const pairsMax = 5_000;

/** A table that has no inherited names. */
export function emptyTable(): FormTable {
  return Object.create(null) as FormTable;
}

/** Splits `a[b][0]` into `["a", "b", "0"]`. */
function splitName(name: string): string[] {
  const open = name.indexOf("[");
  if (open <= 0 || !name.endsWith("]")) return [name];
  const path = [name.slice(0, open), ...name.slice(open + 1, -1).split("][")];
  if (path.length > depthMax) throw invalidRequest("Parameters are nested too deeply.", name);
  return path;
}

function insert(table: FormTable, path: readonly string[], value: string): void {
  let at = table;
  path.forEach((step, index) => {
    const name = step === "" ? String(Object.keys(at).length) : step;
    if (index === path.length - 1) {
      at[name] = value;
      return;
    }
    const next = at[name];
    if (typeof next === "object") {
      at = next;
    } else {
      const fresh = emptyTable();
      at[name] = fresh;
      at = fresh;
    }
  });
}

/** Parses a query string or a form body in Stripe's bracket notation. */
export function parseForm(text: string): FormTable {
  const table = emptyTable();
  if (text === "") return table;
  const pairs = new URLSearchParams(text);
  let count = 0;
  for (const [name, value] of pairs) {
    count += 1;
    if (count > pairsMax) throw invalidRequest("Too many parameters.");
    insert(table, splitName(name), value);
  }
  return table;
}
