import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { html, trustedHtml } from "../../../src/platform/http/html.js";
import { pageStyle } from "../../../src/platform/http/page-style.js";

describe("html", () => {
  it("lets no value become markup, in text or in a quoted attribute", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("&", "<", ">", '"', "'", "a", "=", "/") }),
        (value) => {
          const { markup } = html`<p title="${value}">${[value, [value]]}</p>`;
          expect(markup.match(/[<>]/g)).toEqual(["<", ">", "<", ">"]);
          expect(markup.match(/"/g)).toEqual(['"', '"']);
          expect(markup).not.toContain("'");
        },
      ),
    );
  });

  it("loses nothing: reading the entities back gives the value", () => {
    const signs: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
    fc.assert(
      fc.property(fc.string(), (value) => {
        const read = html`${value}`.markup.replace(
          /&([^;]+);/g,
          (_, name: string) => signs[name] ?? "?",
        );
        expect(read).toBe(value);
      }),
    );
  });

  it("keeps what is html already, shows numbers, and leaves out what is not there", () => {
    const inner = html`<b>${"<"}</b>`;
    expect(
      html`${inner}${[inner]}${1}${2n}${undefined}${null}${false}${trustedHtml("<i>")}`.markup,
    ).toBe("<b>&lt;</b><b>&lt;</b>12<i>");
  });
});

describe("the style of pages", () => {
  it("loads nothing and ends no style element early", () => {
    expect(pageStyle).not.toMatch(/url\(|@import|<|https?:/);
  });

  const pairs = [
    ["ink", "paper"],
    ["ink", "wash"],
    ["soft", "paper"],
    ["soft", "wash"],
    ["brand", "paper"],
    ["brand", "wash"],
    ["on-brand", "brand"],
    ["good", "paper"],
    ["good", "good-wash"],
    ["warn", "warn-wash"],
    ["bad", "bad-wash"],
    ["info", "info-wash"],
  ] as const;

  it.each(["light", "dark"])("has a contrast of 4.5 or more in the %s scheme", (scheme) => {
    const declared = [...pageStyle.matchAll(/:root\{([^}]*)\}/g)].map(([, text]) => text ?? "");
    const text = declared[scheme === "light" ? 0 : 1] ?? "";
    const colors = new Map(
      [...text.matchAll(/--([a-z-]+):(#[0-9a-f]+)/g)].map(([, name = "", hex = ""]) => [name, hex]),
    );
    for (const [front, back] of pairs) {
      const ratio = contrast(colors.get(front) ?? "", colors.get(back) ?? "");
      expect(ratio, `${front} on ${back}`).toBeGreaterThanOrEqual(4.5);
    }
  });
});

/** WCAG 2: (lighter + 0.05) / (darker + 0.05). */
function contrast(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(hex: string): number {
  const digits = hex.length === 4 ? hex.slice(1).replace(/./g, "$&$&") : hex.slice(1);
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
