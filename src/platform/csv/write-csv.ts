import { stringify } from "csv-stringify/sync";
import { type Credits, formatCredits } from "../../kernel/credits.js";

/** A cell: text of anybody's, a plain number, an amount of credits (a bigint, written by its digits), or nothing. */
export type Cell = string | number | Credits | null;

/** The columns of a table: the title of each, and its cell in a row. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>;

export const csvContentType = "text/csv; charset=utf-8; header=present";

/** What Excel needs at the start of a file to read UTF-8 as such. Programs are better off without. */
export const byteOrderMark = "\uFEFF";

/**
 * Rows as CSV after RFC 4180, with CRLF behind each. Text that a spreadsheet would run as a formula
 * (`=`, `+`, `-`, `@`, tab and their full-width forms in front) gets an apostrophe before it; amounts and numbers
 * stay what they are, also below zero (https://owasp.org/www-community/attacks/CSV_Injection).
 * A long table is written a page of rows at a time.
 */
export function csvRows<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const cells = Object.values(columns);
  return written(rows.map((row) => cells.map((cell) => cell(row))));
}

/** The first line: the titles. */
export function csvHeader<Row>(columns: Columns<Row>): string {
  return written([Object.keys(columns)]);
}

function written(records: readonly (readonly Cell[])[]): string {
  return stringify([...records], {
    record_delimiter: "windows",
    escape_formulas: true,
    quote_record_delimiter: true,
    cast: { bigint: (amount) => formatCredits(amount as Credits) },
  });
}
