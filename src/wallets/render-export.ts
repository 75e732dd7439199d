import { z } from "zod";
import { type Balances, totalBalance } from "../ledger/movements.js";
import type { StatementLine } from "../ledger/read-statement.js";
import { type Columns, csvContentType, csvHeader, csvRows } from "../platform/csv/write-csv.js";
import { download, type StreamReply } from "../platform/http/reply.js";
import { timeOut } from "../platform/http/schemas.js";
import { exampleStatement } from "./examples.js";
import type { ExportedStatement } from "./export-statement.js";
import { balanceJson, renderBalance, renderTransaction, transactionJson } from "./render.js";

export const statementFormats = ["json", "csv"] as const;
export type StatementFormat = (typeof statementFormats)[number];

export const statementJson = z
  .object({
    customerId: z.string(),
    from: timeOut.nullable().meta({ description: "Null: from the first transaction." }),
    to: timeOut.nullable().meta({ description: "Null: to the last transaction." }),
    openingBalance: balanceJson,
    closingBalance: balanceJson,
    count: z.int().meta({ description: "How many transactions follow." }),
    transactions: z.array(transactionJson),
  })
  .meta({ id: "Statement", examples: [exampleStatement] });

/** The statement as a download, made while it is read. */
export function renderExport(
  statement: ExportedStatement,
  format: StatementFormat,
  { lead = "" }: { readonly lead?: string } = {},
): StreamReply {
  const name = fileNameOf(statement, format);
  return format === "csv"
    ? download(csvExport(statement, lead), { name, contentType: csvContentType })
    : download(jsonExport(statement), { name, contentType: "application/json; charset=utf-8" });
}

/** One JSON document, the oldest transaction first. */
export async function* jsonExport(statement: ExportedStatement): AsyncGenerator<string> {
  const { customerId, from, to, opening, closing, lines } = statement;
  const head = {
    customerId,
    from: from?.toISOString() ?? null,
    to: to?.toISOString() ?? null,
    openingBalance: renderBalance(opening),
    closingBalance: renderBalance(closing),
    count: lines,
  };
  yield `${JSON.stringify(head).slice(0, -1)},"transactions":[`;
  let joint = "\n";
  for await (const page of statement.pages()) {
    yield joint + page.map((line) => JSON.stringify(renderTransaction(line))).join(",\n");
    joint = ",\n";
  }
  yield "\n]}\n";
}

/** A table whose first line is the opening balance and whose last is the closing one. */
export async function* csvExport(statement: ExportedStatement, lead = ""): AsyncGenerator<string> {
  const { from, to, opening, closing } = statement;
  const edge = (name: string, at: Date | undefined, balances: Balances): Row => ({
    name,
    at,
    balances,
  });
  yield lead + csvHeader(columns) + csvRows(columns, [edge("opening balance", from, opening)]);
  for await (const page of statement.pages()) yield csvRows(columns, page.map(rowOf));
  yield csvRows(columns, [edge("closing balance", to, closing)]);
}

interface Row {
  readonly name: string;
  readonly at: Date | undefined;
  readonly balances: Balances;
  readonly line?: StatementLine;
  readonly told?: ReturnType<typeof renderTransaction>;
}

function rowOf(line: StatementLine): Row {
  const told = renderTransaction(line);
  return { name: told.description, at: line.at, balances: line.balances, line, told };
}

const columns: Columns<Row> = {
  seq: ({ told }) => told?.seq ?? null,
  at: ({ at }) => at?.toISOString() ?? null,
  kind: ({ told }) => told?.kind ?? null,
  description: ({ name }) => name,
  credits: ({ line }) => line?.change ?? null,
  available: ({ balances }) => balances.available,
  held: ({ balances }) => balances.held,
  debt: ({ balances }) => balances.debt,
  total: ({ balances }) => totalBalance(balances),
  transactionId: ({ told }) => told?.id ?? null,
  causeType: ({ told }) => told?.cause.type ?? null,
  causeId: ({ told }) => told?.cause.id ?? null,
  lotNo: ({ told }) => told?.lotNo ?? null,
  holdId: ({ told }) => told?.holdId ?? null,
};

const nameLengthMax = 60;

function fileNameOf({ customerId, from, to }: ExportedStatement, format: StatementFormat): string {
  const days = [from, to]
    .map((at) => at?.toISOString().slice(0, 10))
    .filter((day) => day !== undefined);
  return `${["statement", customerId.slice(0, nameLengthMax), ...days].join("-")}.${format}`;
}
