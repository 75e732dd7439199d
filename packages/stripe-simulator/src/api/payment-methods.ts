import { invalidRequest } from "../api-error.js";
import { change, emit, keep } from "../acts/emit.js";
import { methodOf } from "../acts/payment-methods.js";
import { type ApiCall, listAnswer, route } from "../http/route.js";
import type { JsonObject } from "../json.js";
import { requiredText, text } from "../params/read.js";
import { show } from "../render.js";
import { livingCustomer } from "./customers.js";
import { mustFind } from "./find.js";

function attach({ scene, params, id }: ApiCall): JsonObject {
  const customer = livingCustomer(scene, requiredText(params, "customer"), "customer");
  const method = methodOf(scene, id) ?? mustFind(scene, "payment_method", id);
  const attached = keep(scene, { ...method, customer: customer.id });
  emit(scene, "payment_method.attached", attached);
  return show(scene, attached);
}

function detach({ scene, id }: ApiCall): JsonObject {
  const method = mustFind(scene, "payment_method", id);
  if (method.customer === null) {
    throw invalidRequest(
      "The payment method you provided is not attached to a customer so detachment is impossible.",
    );
  }
  return show(
    scene,
    change(scene, "payment_method.detached", method, { ...method, customer: null }),
  );
}

function list(call: ApiCall): JsonObject {
  const customer = text(call.params, "customer");
  const type = text(call.params, "type");
  return listAnswer(call, {
    kind: "payment_method",
    ...(customer === null ? {} : { indexKey: `payment_method|customer|${customer}` }),
    keep: (record) =>
      record.kind === "payment_method" &&
      record.customer !== null &&
      (type === null || record.type === type),
  });
}

/** The requests about saved payment methods. */
export const paymentMethodRoutes = [
  route("GET /v1/payment_methods", "PaymentMethodListParams", list),
  route("GET /v1/payment_methods/:id", "PaymentMethodRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "payment_method", id)),
  ),
  route("POST /v1/payment_methods/:id/attach", "PaymentMethodAttachParams", attach),
  route("POST /v1/payment_methods/:id/detach", "PaymentMethodDetachParams", detach),
];
