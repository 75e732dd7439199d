import { invalidRequest } from "../api-error.js";
import { isObject, type Json, type JsonObject } from "../json.js";
import { texts } from "../params/read.js";
import { listObject, show, showLineItems } from "../render.js";
import type { Scene } from "../simulation.js";

/** Ids that Stripe expands into objects. */
const expandable = new Set([
  "balance_transaction",
  "charge",
  "coupon",
  "customer",
  "default_payment_method",
  "failure_balance_transaction",
  "latest_charge",
  "payment_intent",
  "payment_method",
  "product",
  "promotion_code",
  "source",
]);

/** Expandable fields that the simulator's objects always leave empty. */
const alwaysEmpty = new Set([
  "application",
  "application_fee",
  "invoice",
  "on_behalf_of",
  "review",
  "setup_intent",
  "subscription",
  "transfer",
]);

const depthMax = 4;

/** Replaces the ids named by the `expand` parameter with their objects, in the answer itself. */
export function expandAnswer(scene: Scene, answer: JsonObject, params: JsonObject): void {
  for (const path of texts(params, "expand")) {
    const steps = path.split(".");
    if (steps.filter((step) => step !== "data").length > depthMax) {
      throw invalidRequest(
        `You cannot expand more than ${depthMax} levels of a property. Property: ${path}`,
        "expand",
      );
    }
    expandStep(scene, answer, steps, path);
  }
}

function expandStep(scene: Scene, target: Json, steps: readonly string[], path: string): void {
  if (Array.isArray(target)) {
    for (const item of target) expandStep(scene, item, steps, path);
    return;
  }
  const [step, ...rest] = steps;
  if (step === undefined || !isObject(target)) return;
  const expanded = expandField(scene, target, step, path);
  if (expanded !== undefined) target[step] = expanded;
  expandStep(scene, target[step] ?? null, rest, path);
}

function expandField(
  scene: Scene,
  target: JsonObject,
  step: string,
  path: string,
): Json | undefined {
  const nested = nestedList(scene, target, step);
  if (nested !== undefined) return nested;
  const value = target[step];
  if (typeof value === "string" && expandable.has(step)) {
    const record = scene.book.findAny(value);
    return record ? show(scene, record) : value;
  }
  if (typeof value === "object" && value !== null) return undefined;
  if (value === null && (expandable.has(step) || alwaysEmpty.has(step))) return undefined;
  throw invalidRequest(`This property cannot be expanded (${path}).`, "expand");
}

function nestedList(scene: Scene, target: JsonObject, step: string): JsonObject | undefined {
  const id = target["id"];
  if (typeof id !== "string" || target[step] !== undefined) return undefined;
  if (step === "line_items" && target["object"] === "checkout.session") {
    const session = scene.book.find("checkout.session", id);
    if (!session) return undefined;
    const items = showLineItems(scene, session);
    return listObject(
      `/v1/checkout/sessions/${id}/line_items`,
      items.slice(0, 10),
      items.length > 10,
    );
  }
  if (step === "refunds" && target["object"] === "charge") {
    const refunds = scene.book.by("refund", "charge", id).reverse();
    const data = refunds.slice(0, 10).map((refund) => show(scene, refund));
    return listObject(`/v1/charges/${id}/refunds`, data, refunds.length > 10);
  }
  return undefined;
}
