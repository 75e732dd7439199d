import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configureProject } from "../../src/tenancy/configure-project.js";
import { isAllowedUrl, type Project } from "../../src/tenancy/rules.js";
import { newId } from "../../src/kernel/ids.js";
import { startTestStack, testPack, type TestStack } from "../support/stack.js";
import { newCustomer } from "../journeys/payment-scene.js";

const foreign = [
  "https://evil.example",
  "https://example.com/",
  "https://sub.app.example.com/",
  "https://app.example.com.evil.example/",
  "https://app.example.com@evil.example/",
  "https://user:secret@app.example.com/",
  "https://user@app.example.com/",
  "https://evil.example/https://app.example.com/",
  "https://evil.example#https://app.example.com",
  "https://evil.example?next=https://app.example.com",
  "https://evil.example\\@app.example.com/",
  "https://app.example.com:8443/",
  "https://app.example.com./",
  "http://app.example.com/",
  "https://app.example.com\u3002evil.example/",
  "https://app.example.com\t.evil.example/",
];
const noAddress = [
  "javascript:alert(1)",
  "JavaScript://app.example.com/%0aalert(1)",
  "data:text/html,x",
  "//app.example.com/",
  "/credits",
  "app.example.com",
  "ftp://app.example.com/",
  "file:///etc/passwd",
  "",
  `https://app.example.com/${"a".repeat(2_000)}`,
];
const allowed = [
  "https://app.example.com",
  "https://app.example.com/credits?from=a&to=b#top",
  "https://APP.example.com/",
  "https://app.example.com:443/",
];

describe("where a browser may be sent after paying", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack({ roles: ["web"] });
  });
  afterAll(() => stack.stop());

  const order = (addresses: object) =>
    stack.call("POST", "/v1/checkouts", {
      customerId: newCustomer(),
      creditPackCode: testPack,
      ...addresses,
    });
  const purchases = async () => (await stack.database.db("purchases").select("id")).length;

  it.each(allowed)("takes %s", async (url) => {
    expect((await order({ successUrl: url, cancelUrl: url })).status).toBe(201);
  });

  it.each(foreign)("refuses %s, and names the field", async (url) => {
    const before = await purchases();
    for (const param of ["successUrl", "cancelUrl"]) {
      const { status, json } = await order({ [param]: url });
      expect({ status, code: json["code"], param: json["param"] }).toSatisfy(
        (answer: { status: number; code: unknown; param: unknown }) =>
          answer.param === param &&
          ((answer.status === 422 && answer.code === "origin_not_allowed") ||
            (answer.status === 400 && answer.code === "invalid_request")),
      );
    }
    expect(await purchases()).toBe(before);
  });

  it.each(noAddress)("refuses %s as no address at all", async (url) => {
    const before = await purchases();
    expect(await order({ cancelUrl: url })).toMatchObject({
      status: 400,
      json: { code: "invalid_request", param: "cancelUrl" },
    });
    expect(await purchases()).toBe(before);
  });

  it("lets only the success page lead back to the customer's wallet", async () => {
    const wallet = `${stack.ctx.publicUrl}/wallet`;
    expect((await order({ successUrl: wallet })).status).toBe(201);
    expect((await order({ successUrl: `${wallet}/other` })).status).toBe(422);
    expect((await order({ cancelUrl: wallet })).status).toBe(422);
  });

  it("takes plain http on this machine for a test project, and never for a live one", async () => {
    const loopback = "http://localhost:3000";
    const project = (mode: "test" | "live"): Project => ({
      id: newId("project"),
      name: mode,
      mode,
      allowedOrigins: [loopback, "https://app.example.com"],
      createdAt: new Date(0),
      pausedAt: null,
      pausedBecause: null,
    });
    expect(isAllowedUrl(`${loopback}/done`, project("test"))).toBe(true);
    expect(isAllowedUrl(`${loopback}/done`, project("live"))).toBe(false);
    expect(isAllowedUrl("https://app.example.com/", project("live"))).toBe(true);
    const live = configureProject(stack.ctx, {
      name: `live-${randomBytes(4).toString("hex")}`,
      mode: "live",
      allowedOrigins: [loopback],
      apiKey: undefined,
      stripe: undefined,
    });
    await expect(live).rejects.toThrow(/origin/i);
  });
});
