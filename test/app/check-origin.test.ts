import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOrigin } from "../../src/app/mcp/check-origin.js";

const publicUrl = "https://credits.example.com";
const allows = (host: string | undefined, origin?: string) =>
  checkOrigin({ host, origin }, publicUrl).approved;

describe("where a request to /mcp comes from", () => {
  it.each([
    ["credits.example.com", undefined],
    ["credits.example.com:8443", undefined],
    ["CREDITS.example.com", publicUrl],
    ["localhost:3000", "http://localhost:3000"],
    ["127.0.0.1:3000", undefined],
    ["[::1]:3000", "http://[::1]:3000"],
    ["localhost:3000", publicUrl],
  ])("is taken: Host %s, Origin %s", (host, origin) => {
    expect(allows(host, origin)).toBe(true);
  });

  it.each([
    [undefined, undefined],
    ["", undefined],
    ["credits.example.com.evil.com", undefined],
    ["evil.com/credits.example.com", undefined],
    ["credits.example.com@evil.com", undefined],
    ["credits.example.com", "null"],
    ["credits.example.com", "http://credits.example.com:81"],
    ["localhost:3000", "http://localhost:6274"],
    ["credits.example.com", "https://credits.example.com.evil.com"],
  ])("is refused: Host %s, Origin %s", (host, origin) => {
    expect(allows(host, origin)).toBe(false);
  });

  it("is never another name, nor another site", () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        fc.pre(name !== "credits.example.com" && name !== "localhost");
        expect([allows(name), allows("localhost", `https://${name}`)]).toEqual([false, false]);
      }),
    );
  });
});
