import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStripeClients } from "../../src/platform/stripe-client/stripe-clients.js";
import { createVault, type Vault } from "../../src/platform/vault/vault.js";
import { createProject } from "../../src/tenancy/create-project.js";
import { readStripeAccess, readWebhookTrust } from "../../src/tenancy/read-stripe-access.js";
import type { Project, ProjectMode } from "../../src/tenancy/rules.js";
import {
  saveStripeConnection,
  type StripeConnectionInput,
} from "../../src/tenancy/save-stripe-connection.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { dump, masterKey } from "../wallets/api.js";

/** What AES-GCM says when the bytes or their context are not what was sealed. */
const notAuthentic = "unable to authenticate data";

const stripeClients = createStripeClients(undefined);
const [k1, k2] = [masterKey("k1"), masterKey("k2")];
let fresh: FreshDatabase;
let projects = 0;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

/** A Chargly with its own master keys and its own time, on the shared database. */
const setting = (vault: Vault = createVault([k1]), nowMs: () => number = () => Date.now()) => ({
  db: fresh.db,
  vault,
  clock: { nowMs },
  stripeClients,
});
const newProject = (mode: ProjectMode = "test") =>
  createProject(fresh, { name: `shop ${++projects}`, mode, allowedOrigins: [] }, "cli:test");
const connection = (changed: Partial<StripeConnectionInput> = {}): StripeConnectionInput => ({
  secretKey: "sk_test_51NothingSecretHere0001",
  accountId: "acct_1Chargly",
  connectedAccount: null,
  endpointId: null,
  webhookSecrets: ["whsec_first"],
  ...changed,
});
const save = (project: Project, changed?: Partial<StripeConnectionInput>, ctx = setting()) =>
  saveStripeConnection(ctx, project, connection(changed), "cli:test");
const secretsOf = async (project: Project, ctx = setting()) =>
  (await readWebhookTrust(ctx, project.id))?.secrets;
/** The client that the clients' table keeps for a key; the same one means the same key. */
const clientOf = (secretKey: string, connectedAccount: string | null = null) =>
  stripeClients({ secretKey, connectedAccount });

describe("a Stripe connection", () => {
  it("is encrypted at rest and opens again for its own project", async () => {
    const project = await newProject();
    await save(project);
    const everything = await dump(fresh);
    for (const secret of ["sk_test_51NothingSecretHere0001", "whsec_first"]) {
      expect(everything).not.toContain(secret);
      expect(everything).not.toContain(Buffer.from(secret).toString("hex"));
    }
    const access = await readStripeAccess(setting(), project.id);
    expect(access).toMatchObject({ accountId: "acct_1Chargly", livemode: false });
    expect(access.stripe).toBe(clientOf("sk_test_51NothingSecretHere0001"));
    expect(await secretsOf(project)).toEqual(["whsec_first"]);
  });

  it("takes restricted keys and connected accounts", async () => {
    const project = await newProject("live");
    const secretKey = "rk_live_51Restricted";
    await save(project, { secretKey, connectedAccount: "acct_1Seller", accountId: "acct_1Seller" });
    const access = await readStripeAccess(setting(), project.id);
    expect(access).toMatchObject({ accountId: "acct_1Seller", livemode: true });
    expect(access.stripe).toBe(clientOf(secretKey, "acct_1Seller"));
  });

  it.each([
    ["test", "sk_live_51Live"],
    ["live", "sk_test_51Test"],
    ["live", "rk_test_51Test"],
    ["test", "pk_test_51Publishable"],
  ] as const)("of a %s project refuses %s", async (mode, secretKey) => {
    const project = await newProject(mode);
    await expect(save(project, { secretKey })).rejects.toMatchObject({ code: "conflict" });
    await expect(readStripeAccess(setting(), project.id)).rejects.toMatchObject({
      code: "stripe_not_connected",
    });
  });

  it("does not open when its row is copied to another project, or changed by one bit", async () => {
    const [mine, theirs] = [await newProject(), await newProject()];
    await save(mine);
    await save(theirs, { secretKey: "sk_test_51Theirs", webhookSecrets: ["whsec_theirs"] });
    await fresh.db.raw(
      `update stripe_connections set secret_ciphertext =
         (select secret_ciphertext from stripe_connections where project_id = ?) where project_id = ?`,
      [mine.id, theirs.id],
    );
    await fresh.db.raw(
      `update stripe_webhook_secrets set ciphertext =
         (select ciphertext from stripe_webhook_secrets where project_id = ?) where project_id = ?`,
      [mine.id, theirs.id],
    );
    await expect(readStripeAccess(setting(), theirs.id)).rejects.toThrow(notAuthentic);
    await expect(readWebhookTrust(setting(), theirs.id)).rejects.toThrow(notAuthentic);
    await fresh.db.raw(
      `update stripe_connections set secret_ciphertext =
         set_byte(secret_ciphertext, 40, get_byte(secret_ciphertext, 40) # 1) where project_id = ?`,
      [mine.id],
    );
    await expect(readStripeAccess(setting(), mine.id)).rejects.toThrow(notAuthentic);
  });
});

describe("rotating the master key", () => {
  it("opens what the older key sealed, and says which key is missing when it is gone", async () => {
    const project = await newProject();
    await save(project);
    const rotated = setting(createVault([k2, k1]));
    const access = await readStripeAccess(rotated, project.id);
    expect(access.stripe).toBe(clientOf("sk_test_51NothingSecretHere0001"));
    expect(await secretsOf(project, rotated)).toEqual(["whsec_first"]);
    const tooEarly = setting(createVault([k2]));
    await expect(readStripeAccess(tooEarly, project.id)).rejects.toThrow('"k1"');
  });

  it("seals what is saved from then on under the new key", async () => {
    const project = await newProject();
    const rotated = setting(createVault([k2, k1]));
    await save(project, {}, rotated);
    const access = await readStripeAccess(setting(createVault([k2])), project.id);
    expect(access.stripe).toBe(clientOf("sk_test_51NothingSecretHere0001"));
    await expect(readStripeAccess(setting(), project.id)).rejects.toThrow('"k2"');
  });
});

describe("rotating webhook secrets", () => {
  const fourDaysAgo = () => Date.now() - 4 * 24 * 3_600_000;

  it("keeps the older secret in force beside the new one, for as long as Stripe retries", async () => {
    const project = await newProject();
    await save(project);
    await save(project, { webhookSecrets: ["whsec_second"] });
    expect(await secretsOf(project)).toEqual(["whsec_second", "whsec_first"]);
    await save(project, { webhookSecrets: [] });
    expect(await secretsOf(project)).toEqual(["whsec_second", "whsec_first"]);
  });

  it("drops the older secret after three days", async () => {
    const project = await newProject();
    await save(project);
    const back = setting(createVault([k1]), fourDaysAgo);
    await save(project, { webhookSecrets: ["whsec_second"] }, back);
    expect(await secretsOf(project)).toEqual(["whsec_second"]);
  });

  it("keeps a secret for good that a rotation was taken back to", async () => {
    const project = await newProject();
    await save(project);
    await save(project, { webhookSecrets: ["whsec_second"] });
    const back = setting(createVault([k1]), fourDaysAgo);
    await save(project, { webhookSecrets: ["whsec_first"] }, back);
    expect(await secretsOf(project)).toEqual(["whsec_first"]);
    const [row] = await fresh
      .db("stripe_webhook_secrets")
      .where({ project_id: project.id })
      .whereNull("retires_at")
      .pluck("hint");
    expect(row).toBe("whsec_…irst");
  });

  it("changes nothing, and notes nothing, when the same is saved again", async () => {
    const project = await newProject();
    await save(project);
    const before = await dump(fresh);
    await save(project);
    expect(await dump(fresh)).toBe(before);
  });
});
