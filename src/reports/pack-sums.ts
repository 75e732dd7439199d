import { z } from "zod";
import { micro } from "../kernel/credits.js";
import type { TransferKind } from "../ledger/movements.js";
import { lineOf, type Sums } from "./rules.js";

const kinds = Object.keys(lineOf) as TransferKind[];
const minor = z
  .string()
  .regex(/^-?\d+$/)
  .transform((digits) => BigInt(digits));
const credits = minor.transform(micro);
const valued = z.object({ credits, costMinor: minor });

function movedOf<Amount extends z.ZodType>(amount: Amount) {
  return z
    .partialRecord(z.enum(kinds), amount)
    .transform((moved) => new Map(kinds.flatMap((kind) => entryOf(kind, moved[kind]))));
}

function entryOf<Amount>(kind: TransferKind, amount: Amount | undefined): [TransferKind, Amount][] {
  return amount === undefined ? [] : [[kind, amount]];
}

const packed = z.object({
  lots: z.array(
    z.object({
      currency: z.string().nullable(),
      start: valued,
      moved: movedOf(valued),
      end: valued,
    }),
  ),
  refunds: z.array(z.object({ currency: z.string(), takenMinor: minor, returnedMinor: minor })),
  debt: z.object({ start: credits, moved: movedOf(credits) }),
});

/** The sums of a month as JSON in which numbers are digits, as they may have more than JSON keeps. */
export function packSums(sums: Sums): string {
  return JSON.stringify(sums, (_name, value: unknown): unknown => {
    if (typeof value === "bigint") return value.toString();
    return value instanceof Map ? Object.fromEntries(value) : value;
  });
}

/** Throws at anything but what {@link packSums} made. */
export function unpackSums(kept: unknown): Sums {
  return packed.parse(kept);
}
