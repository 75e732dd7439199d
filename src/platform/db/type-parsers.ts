import pg from "pg";

type ParseText = (text: string) => unknown;

const { INT8, DATE } = pg.types.builtins;
/** pg has no name for it. */
const int8Array: number = 1016;
const readInt8Array: ParseText = pg.types.getTypeParser(int8Array, "text");

const ours = new Map<number, ParseText>([
  // A balance does not fit into a floating-point number.
  [INT8, BigInt],
  [int8Array, (text) => bigints(readInt8Array(text))],
  // pg would make it midnight of the machine's own time zone, which is another day elsewhere.
  [DATE, (text) => text],
]);

/** How values arrive from PostgreSQL. Given to each connection: pg's global parsers belong to everybody. */
export const typeParsers = {
  getTypeParser: (oid: number, format: string): ParseText =>
    format === "binary"
      ? pg.types.getTypeParser(oid, "binary")
      : (ours.get(oid) ?? pg.types.getTypeParser(oid, "text")),
};

function bigints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bigints);
  return typeof value === "string" ? BigInt(value) : value;
}
