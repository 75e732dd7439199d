import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideScopes } from "../../src/agents/decide-scopes.js";
import {
  operatorToolNames,
  operatorTools,
  scopesOfTools,
  walletToolNames,
  walletTools,
} from "../../src/agents/rules.js";
import { micro } from "../../src/kernel/credits.js";
import { keyFormOf, keyPrefix, scopes, secretHint } from "../../src/tenancy/rules.js";

const amount = fc.option(fc.bigInt({ min: 0n, max: 10n ** 14n }).map(micro));
const terms = fc.record({
  tools: fc.subarray([...walletToolNames], { minLength: 1 }),
  namesPrices: fc.boolean(),
  perCall: amount,
  perDay: amount,
  total: amount,
});
const mayGive = fc
  .oneof(fc.subarray([...scopes]), fc.constant([...scopes]))
  .map((given) => new Set<string>(given));

describe("the scopes of an agent's token", () => {
  it("are what its tools need, and given only by who has all of them and no limits", () => {
    fc.assert(
      fc.property(terms, mayGive, fc.boolean(), (wanted, given, limited) => {
        const { tools, namesPrices, perCall, perDay, total } = wanted;
        const needed = new Set<string>(tools.flatMap((tool) => walletTools[tool]));
        if (namesPrices) needed.add("usage:price");
        const hasBudget = [perCall, perDay, total].some((part) => part !== null);
        const isSound = hasBudget && (!namesPrices || tools.includes("meter_event"));
        const verdict = decideScopes(wanted, { scopes: given, limited });
        expect(verdict.approved).toBe(
          isSound && !limited && [...needed].every((scope) => given.has(scope)),
        );
        if (verdict.approved) expect(new Set<string>(verdict.value)).toEqual(needed);
        else expect(verdict.refusal.code).toBe(isSound ? "forbidden" : "invalid_request");
      }),
    );
  });

  it("never let it make tokens, give credits or change prices, whatever its tools", () => {
    const all = scopesOfTools(walletToolNames);
    for (const scope of ["agents:write", "wallets:adjust", "wallets:control", "rates:write"])
      expect(all).not.toContain(scope);
    expect(all).not.toContain("usage:price");
  });

  it("of operators let nothing be spent", () => {
    const all = scopesOfTools(operatorToolNames);
    for (const scope of ["usage:write", "holds:write", "checkouts:write", "agents:write"])
      expect(all).not.toContain(scope);
    const both = Object.keys(operatorTools).filter((tool) => tool in walletTools);
    expect(both).toEqual([]);
  });
});

describe("a key", () => {
  const kind = fc.constantFrom("secret", "agent", "operator");
  const mode = fc.constantFrom("test", "live");
  const body = fc.stringMatching(/^[A-Za-z0-9]{32,128}$/);

  it("says its kind and mode by how it begins, and its hint no more than that and four characters", () => {
    fc.assert(
      fc.property(kind, mode, body, (ofKind, ofMode, random) => {
        const prefix = keyPrefix({ kind: ofKind, mode: ofMode });
        expect(keyFormOf(prefix + random)).toEqual({ kind: ofKind, mode: ofMode });
        expect(secretHint(prefix + random)).toBe(`${prefix}…${random.slice(-4)}`);
      }),
    );
  });

  it.each(["chg_agents_test_", "chg_agent_", "chg_secret_test_", "chg_test_agent_", "agent_test_"])(
    "that begins with %s is none",
    (prefix) => {
      expect(keyFormOf(prefix + "a".repeat(48))).toBeUndefined();
    },
  );
});
