import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wholeCredits, zeroCredits } from "../../src/kernel/credits.js";
import { newId, publicId } from "../../src/kernel/ids.js";
import {
  checkAdjustment,
  describeTransfer,
  parseTransactionId,
  transactionId,
} from "../../src/wallets/rules.js";

describe("the id of a transaction", () => {
  it("reads back as the wallet and the number it was made of", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }), (seq) => {
        const walletId = newId("wallet");
        expect(parseTransactionId(transactionId(walletId, seq))).toEqual({ walletId, seq });
      }),
    );
  });

  it("is written in one way only", () => {
    const id = transactionId(newId("wallet"), 12n);
    for (const text of [
      id.toUpperCase(),
      id.replace("txn_", "wal_"),
      `${id} `,
      id.replace("_12", "_012"),
      id.replace("_12", "_0"),
      id.replace("_12", "_-1"),
      id.replace("_12", ""),
      `${id}0000000000000000000`,
      `txn_${"z".repeat(26)}_1`,
      publicId("wallet", newId("wallet")),
      "",
    ])
      expect([text, parseTransactionId(text)]).toEqual([text, undefined]);
    expect(() => transactionId(newId("wallet"), 0n)).toThrow("the number 1");
  });
});

it.each([
  ["purchase", "500 credits for $9.99", "Bought 500 credits for $9.99"],
  ["purchase", null, "Bought credits"],
  ["promotion", "welcome credits", "Given: welcome credits"],
  ["correction_in", "lost in a migration", "Corrected: lost in a migration"],
  ["correction_out", "counted twice", "Corrected: counted twice"],
  ["debt_repayment", null, "Paid back what was owed"],
] as const)("says a %s of %s in human words", (kind, memo, words) => {
  expect(describeTransfer(kind, memo)).toBe(words);
});

it.each([
  ["credits", { credits: zeroCredits }],
  ["reason", { reason: " " }],
  ["reason", { reason: "x".repeat(501) }],
  ["expiresInDays", { expiresInDays: 0 }],
  ["expiresInDays", { expiresInDays: 0.5 }],
  ["expiresInDays", { expiresInDays: 3_651 }],
  ["expiresInDays", { expiresInDays: Number.NaN }],
])("refuses an adjustment for its %s, whoever asks", (param, wrong) => {
  const fine = { credits: wholeCredits(1), reason: "because", expiresInDays: null };
  expect(checkAdjustment(fine).approved).toBe(true);
  const verdict = checkAdjustment({ ...fine, ...wrong });
  expect(verdict).toMatchObject({
    approved: false,
    refusal: { code: "invalid_request", details: { param } },
  });
});
