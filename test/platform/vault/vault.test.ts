import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVault, type MasterKey } from "../../../src/platform/vault/vault.js";

const masterKey = (id: string): MasterKey => ({ id, bytes: randomBytes(32) });
const first = masterKey("2025");
const second = masterKey("2026");
const vault = createVault([first]);
const shut = /does not open with the master key|is not in CHARGLY_MASTER_KEYS/;
const sealed = vault.seal("sk_test_abc", "stripe_key:1");

describe("sealing", () => {
  it("gives back any text, under the context it was sealed for", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 300 });
    fc.assert(
      fc.property(text, text, (plaintext, context) => {
        expect(vault.open(vault.seal(plaintext, context), context)).toBe(plaintext);
      }),
    );
  });

  it("opens in no other context: a row that is copied to another project stays shut", () => {
    for (const context of ["stripe_key:2", "webhook_secret:1", "stripe_key:", "", "stripe_key:1 "])
      expect(() => vault.open(sealed, context)).toThrow(shut);
  });

  it("never writes the same bytes twice, nor the text itself", () => {
    const times = Array.from({ length: 200 }, () => vault.seal("sk_test_abc", "c").toString("hex"));
    expect(new Set(times).size).toBe(200);
    expect(sealed.toString("latin1")).not.toContain("sk_test_abc");
  });

  it("notices every flipped bit, wherever it stands", () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => vault.open(changed, "stripe_key:1"), `bit ${bit}`).toThrow(shut);
    }
  });

  it("notices bytes that are missing or added: also a tag that is cut short, which would be easy to guess", () => {
    for (let length = 0; length < sealed.length; length++)
      expect(() => vault.open(sealed.subarray(0, length), "stripe_key:1"), `${length}`).toThrow(
        shut,
      );
    expect(() => vault.open(Buffer.concat([sealed, Buffer.from([0])]), "stripe_key:1")).toThrow(
      shut,
    );
    const nothing = vault.seal("", "c");
    const cutTag = nothing.subarray(0, nothing.length - 12);
    expect(() => vault.open(cutTag, "c")).toThrow(shut);
  });
});

describe("rotation", () => {
  const rotated = createVault([second, first]);

  it("opens what the older key sealed, and seals with the newer one", () => {
    expect(rotated.open(sealed, "stripe_key:1")).toBe("sk_test_abc");
    const resealed = rotated.seal("sk_test_abc", "stripe_key:1");
    expect(createVault([second]).open(resealed, "stripe_key:1")).toBe("sk_test_abc");
    expect(() => vault.open(resealed, "stripe_key:1")).toThrow(shut);
  });

  it("says which key is missing, and where to put it", () => {
    expect(() => createVault([second]).open(sealed, "stripe_key:1")).toThrow(
      'sealed with the master key "2025", which is not in CHARGLY_MASTER_KEYS',
    );
  });

  it("does not open with other bytes under the same name", () => {
    expect(() => createVault([masterKey("2025")]).open(sealed, "stripe_key:1")).toThrow(shut);
  });

  it("recognises what was hashed or signed under any of the keys, and writes with the first", () => {
    const before = vault.digest("chg_test_1");
    expect(rotated.digests("chg_test_1")).toContainEqual(before);
    expect(rotated.digest("chg_test_1").keyId).toBe("2026");
    expect(rotated.digest("chg_test_1")).toEqual(rotated.digests("chg_test_1")[0]);
    expect(rotated.signatures("link")).toContainEqual(vault.sign("link"));
    expect(rotated.signatures("link")[0]).toEqual(rotated.sign("link"));
  });
});

describe("hashes and signatures", () => {
  it("differ for different texts, purposes and keys, and are the same each time", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(vault.digest(one).hash.equals(vault.digest(other).hash)).toBe(one === other);
        expect(vault.digest(one).hash.equals(vault.sign(one))).toBe(false);
        expect(createVault([second]).sign(one).equals(vault.sign(one))).toBe(false);
      }),
    );
    expect(vault.sign("link")).toHaveLength(32);
  });
});

it("is not made of no key, of a short key, or of one whose name does not fit", () => {
  const named = (id: string) => createVault([{ ...first, id }]);
  expect(() => createVault([])).toThrow("has a key");
  for (const length of [0, 16, 31, 33, 64])
    expect(() => createVault([{ id: "k", bytes: randomBytes(length) }])).toThrow("32 bytes");
  for (const id of ["", "x".repeat(33), "ü".repeat(17)])
    expect(() => named(id)).toThrow("a short id");
  const long = named("x".repeat(32));
  expect(long.open(long.seal("a", "b"), "b")).toBe("a");
});
