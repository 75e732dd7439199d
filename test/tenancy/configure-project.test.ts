import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Simulator, startSimulator } from "@chargly/stripe-simulator";
import { createStripeClients } from "../../src/platform/stripe-client/stripe-clients.js";
import { createVault } from "../../src/platform/vault/vault.js";
import { allowOrigins } from "../../src/tenancy/allow-origins.js";
import { configureProject, type ProjectSettings } from "../../src/tenancy/configure-project.js";
import { listApiKeys } from "../../src/tenancy/list-api-keys.js";
import { listProjects, readProject } from "../../src/tenancy/read-project.js";
import { readWebhookTrust } from "../../src/tenancy/read-stripe-access.js";
import { revokeKey } from "../../src/agents/revoke-key.js";
import { secretHint } from "../../src/tenancy/rules.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { masterKey } from "../wallets/api.js";

let fresh: FreshDatabase;
let simulator: Simulator;
beforeAll(async () => {
  [fresh, simulator] = await Promise.all([freshDatabase(), startSimulator()]);
});
afterAll(async () => {
  await simulator.stop();
  await fresh.drop();
});

const vault = createVault([masterKey("k1")]);
const context = () => ({
  db: fresh.db,
  vault,
  clock: { nowMs: () => Date.now() },
  stripeClients: createStripeClients(simulator.url),
});
const random = () => randomBytes(8).toString("hex");
const newKey = () => `chg_test_${random()}${random()}`;
const settings = (changed: Partial<ProjectSettings> = {}): ProjectSettings => ({
  name: `shop ${random()}`,
  mode: "test",
  allowedOrigins: undefined,
  apiKey: { secret: newKey() },
  stripe: undefined,
  ...changed,
});
const configure = (wanted: ProjectSettings) => configureProject(context(), wanted);

it("ends in one project, key and webhook secret when replicas start at once on a fresh database", async () => {
  const stripe = {
    secretKey: `sk_test_${random()}`,
    connectedAccount: null,
    webhookSecrets: [`whsec_${random()}`],
  };
  const wanted = settings({ allowedOrigins: ["https://app.example.com"], stripe });
  const ended = await Promise.all(Array.from({ length: 4 }, () => configure(wanted)));
  expect(new Set(ended.map(({ id }) => id)).size).toBe(1);
  const project = ended[0];
  if (project === undefined) throw new Error("no project was configured");
  const named = (await listProjects(fresh)).filter(({ name }) => name === wanted.name);
  expect(named).toHaveLength(1);
  expect(await listApiKeys(fresh, project.id)).toHaveLength(1);
  const trust = await readWebhookTrust(context(), project.id);
  expect(trust?.secrets).toEqual(stripe.webhookSecrets);
});

it("refuses a key of another project, names it by its hint and how to go on, and changes nothing", async () => {
  const theirs = settings();
  await configure(theirs);
  const mine = settings({ apiKey: theirs.apiKey });
  const hint = secretHint(theirs.apiKey?.secret ?? "");
  const refused = await configure(mine).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "invalid_configuration" });
  expect(String(refused)).toContain(`PROJECT_API_KEY (${hint}) is a key of another project`);
  expect(String(refused)).toContain("Set PROJECT_NAME");
  expect((await listProjects(fresh)).map(({ name }) => name)).not.toContain(mine.name);
});

it("refuses a key that was revoked", async () => {
  const wanted = settings();
  const { id } = await configure(wanted);
  const [key] = await listApiKeys(fresh, id);
  if (key === undefined) throw new Error("the project has no key");
  await revokeKey(fresh.db, id, key.id, "cli:test");
  await expect(configure(wanted)).rejects.toMatchObject({ code: "invalid_configuration" });
  await expect(configure(wanted)).rejects.toThrow(`PROJECT_API_KEY (${key.hint}) was revoked`);
});

it("leaves origins alone that it names none for, and audits those it changes, once", async () => {
  const wanted = settings();
  const { id } = await configure(wanted);
  const added = ["https://added.example.com"];
  await allowOrigins(fresh, id, added, "cli:test");
  expect((await configure(wanted)).allowedOrigins).toEqual(added);
  expect((await readProject(fresh, id)).allowedOrigins).toEqual(added);
  const named = { ...wanted, allowedOrigins: ["https://app.example.com"] };
  await configure(named);
  await configure(named);
  expect((await readProject(fresh, id)).allowedOrigins).toEqual(named.allowedOrigins);
  const lines = await fresh
    .db("audit_log")
    .where({ project_id: id, action: "project.set_origins" });
  expect(lines).toMatchObject([
    { actor: "environment", details: { from: added, to: named.allowedOrigins } },
  ]);
});
