import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { Refusal } from "../../../src/kernel/refusals.js";
import { describeConfig } from "../../../src/platform/config/describe-config.js";
import { type ReadConfigOptions, readConfig } from "../../../src/platform/config/read-config.js";
import type { Environment } from "../../../src/platform/config/secret-files.js";

const masterKey = (id: string) => `${id}:${randomBytes(32).toString("base64")}`;
const enough = { CHARGLY_MASTER_KEYS: masterKey("k1") };
const testKey = `chg_test_${"a1".repeat(12)}`;

/** The message that ends a start, or the empty string when nothing is wrong. */
function complaint(env: Environment, options?: ReadConfigOptions): string {
  try {
    readConfig({ ...enough, ...env }, options);
    return "";
  } catch (error) {
    if (error instanceof Refusal && error.code === "invalid_configuration")
      return error.details.detail;
    throw error;
  }
}

describe("the configuration", () => {
  it("needs nothing but the master keys, and has no default secret", () => {
    const config = readConfig(enough);
    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 3000,
      publicUrl: "http://localhost:3000",
    });
    const secrets = [
      config.databaseUrl,
      config.redisUrl,
      config.operator.password,
      config.metricsToken,
    ];
    expect(secrets).toEqual([undefined, undefined, undefined, undefined]);
    expect(config.stripe.secretKey).toBeUndefined();
    expect(config.shutdownTimeoutMs).toBe(25_000);
    for (const { secret, default: usual } of describeConfig()) {
      if (secret) expect(usual).toBeUndefined();
    }
  });

  it("reads every variable", () => {
    const keys = `${masterKey("new")}, ${masterKey("old")}`;
    const config = readConfig({
      CHARGLY_MASTER_KEYS: keys,
      DATABASE_URL: "postgres://u:p@db/x",
      DATABASE_POOL_MAX: "20",
      REDIS_URL: "rediss://r:1",
      HOST: "0.0.0.0",
      PORT: "8080",
      PUBLIC_URL: "https://credits.example.com/",
      TRUST_PROXY: "10.0.0.0/8,loopback",
      OPERATOR_USER: "ops",
      OPERATOR_PASSWORD: "correct horse battery",
      STRIPE_SECRET_KEY: "rk_test_abc123",
      STRIPE_WEBHOOK_SECRET: "whsec_one1, whsec_two2",
      STRIPE_ACCOUNT: "acct_12345",
      STRIPE_API_BASE: "http://localhost:12111",
      PROJECT_NAME: "Ünï 1",
      PROJECT_API_KEY: testKey,
      ALLOWED_ORIGINS: "https://app.example.com,http://localhost:5173",
      RATE_LIMIT_PER_SECOND: "7",
      RECONCILE_EVENTS_SECONDS: "60",
      RECONCILE_OBJECTS_SECONDS: "300",
      RECONCILE_FULL_SECONDS: "3600",
      RECONCILE_LEDGER_SECONDS: "600",
      RECONCILE_WINDOW_DAYS: "90",
      RECONCILE_HEALS_MAX: "0",
      WORKER_CONCURRENCY: "3",
      HEALTH_PORT: "9090",
      METRICS_TOKEN: "m".repeat(16),
      LOG_LEVEL: "debug",
      LOG_FORMAT: "pretty",
      SHUTDOWN_TIMEOUT_SECONDS: "9",
    });
    expect(config.masterKeys.map(({ id, key }) => [id, key.reveal().length])).toEqual([
      ["new", 32],
      ["old", 32],
    ]);
    expect(config).toMatchObject({
      databasePoolMax: 20,
      host: "0.0.0.0",
      port: 8080,
      publicUrl: "https://credits.example.com",
      trustProxy: "10.0.0.0/8, loopback",
      stripe: { account: "acct_12345", apiBase: "http://localhost:12111" },
      project: {
        name: "Ünï 1",
        allowedOrigins: ["https://app.example.com", "http://localhost:5173"],
      },
      rateLimitPerSecond: 7,
      reconcile: {
        eventsSeconds: 60,
        objectsSeconds: 300,
        fullSeconds: 3_600,
        ledgerSeconds: 600,
        windowDays: 90,
        healsMax: 0,
      },
      workerConcurrency: 3,
      healthPort: 9090,
      logLevel: "debug",
      logFormat: "pretty",
      shutdownTimeoutMs: 9_000,
    });
    expect(config.stripe.webhookSecrets.map((secret) => secret.reveal())).toEqual([
      "whsec_one1",
      "whsec_two2",
    ]);
    expect(config.project.apiKey?.reveal()).toBe(testKey);
  });

  it("takes an empty or blank variable for an unset one", () => {
    expect(complaint({ DATABASE_URL: "", PORT: "  ", STRIPE_SECRET_KEY_FILE: "" })).toBe("");
  });

  it("prints no secret, however it is printed", () => {
    const config = readConfig({
      ...enough,
      DATABASE_URL: "postgres://u:hunter2@db/x",
      OPERATOR_PASSWORD: "swordfish-swordfish",
    });
    const raw = enough.CHARGLY_MASTER_KEYS.slice(3);
    for (const printed of [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
    ]) {
      expect(printed).not.toMatch(/hunter2|swordfish/);
      expect(printed).not.toContain(raw);
      expect(printed).toContain("[redacted]");
    }
    expect(`${config.databaseUrl}`).toBe("[redacted]");
    expect(config.databaseUrl?.reveal()).toBe("postgres://u:hunter2@db/x");
  });
});

describe("a wrong variable names itself, what is wrong, and the fix", () => {
  it.each([
    [{ CHARGLY_MASTER_KEYS: "" }, /CHARGLY_MASTER_KEYS is not set, .*For example: CHARGLY_MASTER/],
    [{ CHARGLY_MASTER_KEYS: "k1:c2hvcnQ=" }, /key "k1" has 5 bytes instead of 32/],
    [{ CHARGLY_MASTER_KEYS: `k1:${Buffer.alloc(32).toString("base64")}` }, /"k1" is not random/],
    [{ CHARGLY_MASTER_KEYS: "just-text" }, /item 1 must read id:base64/],
    [{ CHARGLY_MASTER_KEYS: `${masterKey("a")},${masterKey("a")}` }, /has an id twice/],
    [{ PORT: "abc" }, /PORT must be a whole number from 0 to 65535, but is "abc".*PORT=8080/],
    [{ PORT: "65536" }, /PORT must be/],
    [{ PORT: "1e3" }, /PORT must be/],
    [{ PORT: "-1" }, /PORT must be/],
    [
      { DATABASE_URL: "mysql://u:hunter2@db/x" },
      /DATABASE_URL must be a URL that begins with postgres/,
    ],
    [{ PUBLIC_URL: "http://credits.example.com" }, /PUBLIC_URL must begin with https/],
    [{ PUBLIC_URL: "https://u:p@x.example?a" }, /PUBLIC_URL must hold no user/],
    [{ TRUST_PROXY: "true" }, /TRUST_PROXY must be how many proxies/],
    [{ OPERATOR_PASSWORD: "hunter2" }, /OPERATOR_PASSWORD must be 12 to 200/],
    [{ STRIPE_SECRET_KEY: "pk_test_hunter2" }, /STRIPE_SECRET_KEY must be a key that begins/],
    [
      { STRIPE_SECRET_KEY: "sk_test_abcd", STRIPE_WEBHOOK_SECRET: "whsec_good,hunter2" },
      /item 2: must be a secret that begins with whsec_/,
    ],
    [{ STRIPE_API_BASE: "https://evil.example" }, /STRIPE_API_BASE must be on this machine/],
    [
      { STRIPE_API_BASE: "http://localhost.evil.example" },
      /STRIPE_API_BASE must be on this machine/,
    ],
    [{ PROJECT_API_KEY: "chg_prod_hunter2" }, /PROJECT_API_KEY must be chg_test_ or/],
    [
      { ALLOWED_ORIGINS: "https://a.example/path" },
      /must be an origin without a path, such as https:\/\/a.example/,
    ],
    [{ ALLOWED_ORIGINS: "http://a.example" }, /item 1: must begin with https/],
    [{ LOG_LEVEL: "loud" }, /LOG_LEVEL must be one of fatal, error, .* but is "loud"/],
    [{ SHUTDOWN_TIMEOUT_SECONDS: "0" }, /SHUTDOWN_TIMEOUT_SECONDS must be/],
    [
      { STRIPE_SECRET_KEY: "sk_live_abcd", STRIPE_API_BASE: "http://localhost:1" },
      /STRIPE_API_BASE is set, and STRIPE_SECRET_KEY is a live key/,
    ],
    [{ STRIPE_SECRET_KEY: "sk_live_abcd", PROJECT_API_KEY: testKey }, /of different modes/],
    [{ STRIPE_ACCOUNT: "acct_12345" }, /STRIPE_ACCOUNT is set without STRIPE_SECRET_KEY/],
    [
      { CHARGLY_MASTER_KEY: "x" },
      /CHARGLY_MASTER_KEY is not a variable.*Did you mean CHARGLY_MASTER_KEYS/,
    ],
    [{ CHARGLY_LOG_LEVEL: "x" }, /CHARGLY_LOG_LEVEL is not a variable.*Did you mean LOG_LEVEL/],
    [{ CHARGLY_SOMETHING_ELSE_QUITE: "x" }, /Unset it/],
  ])("%j", (env, expected) => {
    const said = complaint(env);
    expect(said).toMatch(expected);
    expect(said).toMatch(/^The configuration has 1 problem:/);
    expect(said).not.toContain("hunter2");
  });

  it("together with all others, also those about two variables", () => {
    const said = complaint(
      {
        PORT: "x",
        LOG_LEVEL: "x",
        STRIPE_SECRET_KEY: "sk_live_abcd",
        STRIPE_API_BASE: "http://localhost:1",
        CHARGLY_PROT: "1",
      },
      { required: ["OPERATOR_PASSWORD"] },
    );
    expect(said.split("\n")[0]).toBe("The configuration has 5 problems:");
    for (const name of [
      "PORT",
      "LOG_LEVEL",
      "STRIPE_API_BASE",
      "CHARGLY_PROT",
      "OPERATOR_PASSWORD",
    ]) {
      expect(said).toMatch(new RegExp(`^  ${name} `, "m"));
    }
  });

  it("but not for what Kubernetes and the tests set", () => {
    const links = {
      CHARGLY_SERVICE_HOST: "10.0.0.1",
      CHARGLY_PORT: "tcp://10.0.0.1:80",
      CHARGLY_PORT_80_TCP_ADDR: "10.0.0.1",
      CHARGLY_TEST_DATABASE_URL: "x",
    };
    expect(complaint(links)).toBe("");
  });
});

describe("a secret from a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "chargly-config-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it("is read, without the line end that editors add", () => {
    const path = file("password", "correct horse battery\n");
    const config = readConfig({ ...enough, OPERATOR_PASSWORD_FILE: path });
    expect(config.operator.password?.reveal()).toBe("correct horse battery");
    const keys = file("keys", `${masterKey("k7")}\n`);
    expect(readConfig({ CHARGLY_MASTER_KEYS_FILE: keys }).masterKeys[0].id).toBe("k7");
  });

  it("is refused beside the variable, when it cannot be read, and when it is no secret", () => {
    const OPERATOR_PASSWORD_FILE = file("other", "correct horse battery");
    const both = complaint({ OPERATOR_PASSWORD_FILE, OPERATOR_PASSWORD: "correct horse battery" });
    expect(both).toContain("OPERATOR_PASSWORD_FILE is set, and so is OPERATOR_PASSWORD");
    expect(complaint({ METRICS_TOKEN_FILE: join(folder, "none") })).toContain("(ENOENT)");
    expect(complaint({ METRICS_TOKEN_FILE: file("big", "x".repeat(70_000)) })).toContain(
      "too large",
    );
  });
});

describe(".env.example", () => {
  const text = readFileSync(new URL("../../../.env.example", import.meta.url), "utf8");
  const lines = [...text.matchAll(/^#? ?([A-Z][A-Z_]+)=(.*)$/gm)];

  it("lists exactly the variables, in the order of the documentation", () => {
    expect(lines.map(([, name]) => name)).toEqual(describeConfig().map(({ name }) => name));
  });

  it("describes each of them in the same words, with its default or an example", () => {
    const flat = text.replace(/\n# /g, " ").replace(/\s+/g, " ");
    for (const [index, { about, default: usual, example }] of describeConfig().entries()) {
      expect(flat).toContain(about);
      expect(lines[index]?.[2]).toBe(usual ?? example);
    }
  });

  it("sets nothing by itself", () => {
    expect(text).not.toMatch(/^[A-Z]/m);
  });
});
