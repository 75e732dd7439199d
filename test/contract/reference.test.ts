import { access } from "node:fs/promises";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeContract } from "../../src/app/contract.js";
import { contractRoutes } from "../../src/contract/routes.js";
import { refusals } from "../../src/kernel/refusals.js";
import { startWeb, type Web } from "../platform/http/web.js";
import { contract, operations } from "./document.js";

const publicUrl = "https://credits.example.com";
const codes = Object.keys(refusals);
let web: Web;
let page: string;
let llms: string;
beforeAll(async () => {
  web = await startWeb(contractRoutes(describeContract), { publicUrl });
  page = (await web.get("/docs")).text;
  llms = (await web.get("/llms.txt")).text;
});
afterAll(() => web.close());

const idsIn = (markup: string) => [...markup.matchAll(/ id="([^"]*)"/g)].map(([, id = ""]) => id);

it("has one anchor for every operation, every object and every code, and no link that leads nowhere", () => {
  const ids = idsIn(page);
  expect(new Set(ids).size).toBe(ids.length);
  const wanted = [
    ...operations.map(({ operationId }) => operationId),
    ...Object.keys(contract.components.schemas),
    ...codes,
  ];
  expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
  const links = [...page.matchAll(/ href="#([^"]*)"/g)].map(([, to = ""]) => to);
  expect(links.filter((to) => !ids.includes(to))).toEqual([]);
  expect(links.length).toBeGreaterThan(operations.length * 2);
});

it("runs no script, loads nothing, and says so in its policy", async () => {
  const { headers } = await web.get("/docs");
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(page).not.toMatch(/<script|<img|<iframe|@import|url\(|<link rel="(?!icon")/);
  expect([...page.matchAll(/ (?:src|href)="(https?:[^"]*)"/g)].map(([, url]) => url)).toEqual([]);
});

it("is text for language models: every operation and every code, each with its link", () => {
  const missing = [...operations.map(({ operationId }) => operationId), ...codes].filter(
    (id) => !llms.includes(`[${id}](${publicUrl}/docs#${id})`),
  );
  expect(missing).toEqual([]);
  expect(llms).toMatch(/^# Chargly\n\n> /);
});

it("is OpenAPI with the address of this server, and otherwise as it is committed", async () => {
  const { json, headers } = await web.get("/openapi.json");
  expect(headers.get("content-type")).toMatch(/^application\/json/);
  expect(json).toEqual({ ...contract, servers: [{ ...contract.servers[0], url: publicUrl }] });
});

it("sends on whoever has a link from before", async () => {
  const { status, headers } = await web.get("/docs/errors", { redirect: "manual" });
  expect([status, headers.get("location")]).toEqual([308, "/docs"]);
});

const executablePath = "/usr/bin/chromium";
const isInstalled = await access(executablePath).then(
  () => true,
  () => false,
);
const title = isInstalled
  ? "the reference in a real browser"
  : `the reference in a real browser (skipped: ${executablePath} is not installed)`;
const flags =
  "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-extensions";

describe.skipIf(!isInstalled)(title, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: flags.split(" ") });
  });
  afterAll(() => browser.close());

  it.each([
    { name: "wide", width: 1_280, colorScheme: "light", ink: "rgb(20, 23, 31)" },
    { name: "narrow and dark", width: 375, colorScheme: "dark", ink: "rgb(236, 238, 244)" },
  ] as const)("leads to a code, fits and keeps its policy ($name)", async (look) => {
    const { width, colorScheme, ink } = look;
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
    const tab = await context.newPage();
    const complaints: string[] = [];
    tab.on("console", (line) => void complaints.push(line.text()));
    tab.on("request", (request) => {
      if (!request.url().startsWith(web.url)) complaints.push(`asked ${request.url()}`);
    });
    await tab.goto(`${web.url}/docs/errors#insufficient_credits`);
    const target = tab.locator(":target");
    expect(await target.getAttribute("id")).toBe("insufficient_credits");
    expect(await target.evaluate((element) => element.getBoundingClientRect().top)).toBeLessThan(
      100,
    );
    expect(await tab.evaluate("document.documentElement.scrollWidth")).toBe(width);
    expect(await tab.evaluate("getComputedStyle(document.body).color")).toBe(ink);
    await target.getByText("3 operations").click();
    await target.getByRole("link", { name: "holds.create" }).click();
    expect(await tab.locator(":target h3").innerText()).toBe("Set credits aside");
    expect(complaints).toEqual([]);
    await context.close();
  });
});
