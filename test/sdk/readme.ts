import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customerOf } from "./customers.js";
import { rates, type ProductShop } from "./shop.js";

/** Each answer that is written below a command: `# 201 {"id": "pur_…", …}`, with the members that it names. */
const promised = /^# (\d{3}) (\{.*\})/gm;

/** The commands of the README, run as they stand against the product. */
export function readmeRuns(shopOf: () => ProductShop): void {
  const run = promisify(execFile);
  let home: string;
  let readme: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "chargly-curl-"));
    // curl writes the status below each answer.
    await writeFile(join(home, ".curlrc"), String.raw`write-out = "\n%{http_code}\n"` + "\n");
    readme = await readFile("README.md", "utf8");
  });
  afterAll(() => rm(home, { recursive: true }));

  const commands = () =>
    [...readme.matchAll(/^```sh\n(.*?)^```$/gms)]
      .map(([, code = ""]) => code)
      .filter((code) => code.includes("curl "));

  describe("the README", () => {
    it("shows commands that answer what is written below them", async () => {
      const { stack, chargly } = shopOf();
      await chargly.rateCards.publish(rates);
      await chargly.wallets.grant("user_123", { credits: 100, reason: "for the README" });
      expect(commands().length).toBeGreaterThan(1);
      for (const code of commands()) {
        const here = code.replaceAll("http://localhost:3000", stack.url);
        const env = { PATH: process.env["PATH"], CURL_HOME: home, CHARGLY_API_KEY: stack.apiKey };
        const { stdout } = await run("bash", ["-euc", here], { env });
        const lines = stdout.split("\n").filter((line) => line !== "");
        const answers = lines
          .filter((_, place) => place % 2 === 1)
          .map((status, place) => ({
            status,
            json: JSON.parse(lines[place * 2] ?? "") as unknown,
          }));
        const expected = [...code.matchAll(promised)].map(([, status, members = ""]) => ({
          status,
          json: expect.objectContaining(membersOf(members)) as unknown,
        }));
        expect(expected.length).toBeGreaterThan(0);
        expect(answers).toEqual(expected);
      }
    });

    it("shows programs that are examples, which run", async () => {
      const names = (await readdir("examples")).filter((name) => name.endsWith(".ts"));
      const examples = await Promise.all(names.map((name) => readFile(`examples/${name}`, "utf8")));
      const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
      expect(programs.filter((code) => !examples.includes(code))).toEqual([]);
      expect(programs.length).toBeGreaterThan(0);
      const listed = await readFile("examples/README.md", "utf8");
      const told = names.filter((name) => listed.includes(`](${name})`));
      expect(told).toEqual(names.filter((name) => name !== "model.ts"));
    });

    it("shows a line of TypeScript that charges", async () => {
      const { chargly } = shopOf();
      const [, line = ""] = /From TypeScript it is `(await .*)`:/.exec(readme) ?? [];
      const customerId = await customerOf(shopOf(), 10);
      const source = line.replace('"user_123"', JSON.stringify(customerId));
      const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
      const work = new AsyncFunction("chargly", `return ${source}`) as (
        sdk: typeof chargly,
      ) => Promise<unknown>;
      expect(await work(chargly)).toMatchObject({ success: true, remainingBalance: 9 });
    });
  });
}

/** `…` stands for anything, and at the end for members that are not named. */
function membersOf(text: string): Record<string, unknown> {
  const whole = text.replace(/, …\}$/, "}").replaceAll(/: …/g, ': "…"');
  const members = Object.entries(JSON.parse(whole) as Record<string, unknown>);
  return Object.fromEntries(
    members.map(([name, value]) => {
      if (value === "…") return [name, expect.anything()];
      if (typeof value !== "string" || !value.endsWith("…")) return [name, value];
      // The simulator speaks plain HTTP.
      return [name, expect.stringContaining(value.slice(0, -1).replace("https://", "http://"))];
    }),
  );
}
