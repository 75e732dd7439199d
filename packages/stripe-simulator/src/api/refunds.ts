import { invalidRequest } from "../api-error.js";
import { change } from "../acts/emit.js";
import { refundCharge, setRefundStatus } from "../acts/refund-charge.js";
import { type ApiCall, route } from "../http/route.js";
import type { JsonObject } from "../json.js";
import { integer, metadataFrom, text } from "../params/read.js";
import { show } from "../render.js";
import type { ChargeRecord } from "../resources/charge.js";
import type { Scene } from "../simulation.js";
import { mustFind } from "./find.js";
import { listOfPayment } from "./of-payment.js";

/** The charge named by `charge` or by `payment_intent`. */
export function chargeFrom(
  scene: Scene,
  charge: string | null,
  intentId: string | null,
): ChargeRecord {
  if (charge !== null) return mustFind(scene, "charge", charge, "charge");
  if (intentId === null) {
    throw invalidRequest(
      "One of the following params should be provided for this request: payment_intent or charge.",
    );
  }
  const intent = mustFind(scene, "payment_intent", intentId, "payment_intent");
  const latest = scene.book.find("charge", intent.latestCharge ?? "");
  if (latest) return latest;
  throw invalidRequest(
    `This PaymentIntent (${intentId}) does not have a successful charge to refund.`,
  );
}

function create({ scene, params }: ApiCall): JsonObject {
  const charge = chargeFrom(scene, text(params, "charge"), text(params, "payment_intent"));
  const refund = refundCharge(scene, charge, {
    amount: integer(params, "amount"),
    reason: text(params, "reason"),
    metadata: metadataFrom(params),
    status: "succeeded",
  });
  return show(scene, refund);
}

function update({ scene, params, id }: ApiCall): JsonObject {
  const refund = mustFind(scene, "refund", id);
  const metadata = metadataFrom(params, refund.metadata);
  return show(scene, change(scene, "refund.updated", refund, { ...refund, metadata }));
}

function cancel({ scene, id }: ApiCall): JsonObject {
  const refund = mustFind(scene, "refund", id);
  if (refund.status !== "requires_action") {
    throw invalidRequest(
      `Refund ${id} has status ${refund.status}; only a refund that requires action can be canceled.`,
    );
  }
  return show(scene, setRefundStatus(scene, refund, "canceled"));
}

/** The requests about refunds. */
export const refundRoutes = [
  route("POST /v1/refunds", "RefundCreateParams", create),
  route("GET /v1/refunds", "RefundListParams", (call) => listOfPayment(call, "refund")),
  route("GET /v1/refunds/:id", "RefundRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "refund", id)),
  ),
  route("POST /v1/refunds/:id", "RefundUpdateParams", update),
  route("POST /v1/refunds/:id/cancel", "RefundCancelParams", cancel),
];
