import type { Paint } from "./terminal.js";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** Numbers stand under each other by their last digit. */
  readonly align?: "left" | "right";
}

const gap = "  ";
const escape = "\u001b";
const escapeCode = new RegExp(`${escape}\\[\\d+m`, "g");
const unprintable = new RegExp(`(?!${escape}\\[\\d+m)\\p{Cc}`, "gu");

/** A plain table: titles, then rows, columns as wide as their widest cell. `none` is said when there is no row. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { paint, none }: { readonly paint: Paint; readonly none: string },
): string {
  if (rows.length === 0) return `${none}\n`;
  const titles = columns.map(({ title }) => title.toUpperCase());
  const cells = rows.map((row) => columns.map(({ cell }) => oneLine(cell(row))));
  const widths = columns.map((_column, at) =>
    Math.max(...[titles, ...cells].map((line) => widthOf(line[at] ?? ""))),
  );
  const draw = (line: readonly string[]): string =>
    columns
      .map(({ align }, at) => pad(line[at] ?? "", widths[at] ?? 0, align))
      .join(gap)
      .trimEnd();
  return [paint("bold", draw(titles)), ...cells.map(draw)].map((line) => `${line}\n`).join("");
}

/** Names and values under each other, for one thing. */
export function renderFields(
  fields: readonly (readonly [name: string, value: string])[],
  paint: Paint,
): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => `${paint("dim", name.padEnd(width))}${gap}${oneLine(value)}\n`)
    .join("");
}

/** What comes from customers or Stripe must not move the cursor. */
export function oneLine(text: string): string {
  return text.replace(unprintable, "�");
}

function widthOf(text: string): number {
  return [...text.replace(escapeCode, "")].length;
}

function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + space : space + text;
}
