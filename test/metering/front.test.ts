import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultHttpLimits } from "../../src/platform/http/create-app.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { startTestStack, type TestStack } from "../support/stack.js";

/** What is answered in front of Express must not differ from what Express answers. */
let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ roles: ["web"] });
}, 60_000);
afterAll(() => stack.stop());

const send = (path: string, key: string) =>
  fetch(`${stack.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ customerId: "user_1", event: "chat.reply" }),
  });

describe("POST /v1/usage in front of Express", () => {
  it.each([
    ["an answer", 202, { customerId: "user_1", event: "chat.reply" }],
    ["a refusal", 400, { customerId: "user_1" }],
  ])("has every security header of Express on %s", async (_, status, body) => {
    const headers = { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" };
    const behind = await fetch(`${stack.url}/v1/wallets/nobody`, { headers });
    const front = await fetch(`${stack.url}/v1/usage`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect([behind.status, front.status]).toEqual([200, status]);
    const asBehind = [...behind.headers].filter(
      ([name]) =>
        !/^(?:content-(?:length|type)|date|ratelimit|ratelimit-policy|x-request-id|keep-alive|connection)$/.test(
          name,
        ),
    );
    expect(asBehind.length).toBeGreaterThan(10);
    expect([...front.headers]).toEqual(expect.arrayContaining(asBehind));
  });

  it("looks no key up for an address that guesses, but one that worked lately", async () => {
    const { ctx, projectId, apiKey } = stack;
    expect((await send("/v1/usage", apiKey)).status).toBe(202);
    const project = { id: projectId, mode: "test" } as const;
    const unseen = await createApiKey(ctx, project, { name: "new", scopes: ["usage:write"] }, "x");
    for (let guess = 0; guess < defaultHttpLimits.authFailuresPerMinute; guess++)
      expect((await send("/v1/usage", `chg_test_${String(guess).padStart(48, "0")}`)).status).toBe(
        401,
      );
    expect((await send("/v1/usage", "chg_test_another")).status).toBe(429);
    expect((await send("/v1/usage", unseen.secret)).status).toBe(429);
    expect((await send("/v1/holds", unseen.secret)).status).toBe(429);
    expect((await send("/v1/usage", apiKey)).status).toBe(202);
  });
});
