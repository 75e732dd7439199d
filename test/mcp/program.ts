import { expect, it } from "vitest";
import { customerOf } from "../sdk/customers.js";
import type { ProductShop } from "../sdk/shop.js";
import { runProgram } from "../support/processes.js";
import { mcpProgram, overStdio } from "./clients.js";

/** What `chargly-mcp` says when it cannot serve: to people, on stderr, and never the token. */
export function saysWhatIsWrong(shopOf: () => ProductShop): void {
  it("chargly-mcp says what is wrong on stderr, and nothing on stdout", async () => {
    const program = await mcpProgram();
    const { url, apiKey } = shopOf().stack;
    const run = async (env: Record<string, string>) => runProgram(program, [], env);
    const unknown = `chg_agent_test_${"x".repeat(40)}`;
    for (const [env, said] of [
      [{}, "Set CHARGLY_URL"],
      [{ CHARGLY_URL: url, CHARGLY_TOKEN: "sk_test_1234567890" }, "Set CHARGLY_TOKEN"],
      [{ CHARGLY_URL: url, CHARGLY_TOKEN: apiKey }, "CHARGLY_CUSTOMER_ID"],
      [{ CHARGLY_URL: url, CHARGLY_TOKEN: unknown }, "unauthenticated"],
    ] as const) {
      const { code, stdout, stderr } = await run(env);
      expect([code, stdout], stderr).toEqual([1, ""]);
      expect(stderr).toContain(said);
      expect(stderr).not.toMatch(/x{20}|sk_test_1234567890/);
      expect(stderr).not.toContain(apiKey);
    }
    const { code, stdout } = await runProgram(program, ["--help"], {});
    expect([code, stdout]).toEqual([0, expect.stringContaining("CHARGLY_TOKEN")]);
  });

  it("chargly-mcp keeps a secret key to the customer that it is told", async () => {
    const { chargly, stack } = shopOf();
    const [own, other] = [await customerOf(shopOf(), 10), await customerOf(shopOf(), 10)];
    const { id: holdId } = await chargly.holds.create({ customerId: other, credits: 5 });
    const { call, client } = await overStdio(stack.url, stack.apiKey, { CHARGLY_CUSTOMER_ID: own });
    expect((await call("release_hold", { holdId })).data["code"]).toBe("not_found");
    expect((await call("get_wallet")).data).toMatchObject({ available: 10, token: null });
    expect(await chargly.getWallet(other)).toMatchObject({ held: 5 });
    await client.close();
  });
}
