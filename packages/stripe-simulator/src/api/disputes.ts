import { invalidRequest } from "../api-error.js";
import { closeDispute } from "../acts/dispute-charge.js";
import { change } from "../acts/emit.js";
import { type ApiCall, route } from "../http/route.js";
import type { JsonObject } from "../json.js";
import { flag, metadataFrom, table } from "../params/read.js";
import { show } from "../render.js";
import type { DisputeRecord } from "../resources/dispute.js";
import { mustFind } from "./find.js";
import { listOfPayment } from "./of-payment.js";

function update({ scene, params, id }: ApiCall): JsonObject {
  const dispute = mustFind(scene, "dispute", id);
  const evidence = { ...dispute.evidence };
  for (const [name, value] of Object.entries(table(params, "evidence"))) {
    if (typeof value === "string") evidence[name] = value;
  }
  const submits = params["evidence"] !== undefined && params["submit"] !== false;
  const inquiry = dispute.status.startsWith("warning");
  const next: DisputeRecord = {
    ...dispute,
    evidence,
    metadata: metadataFrom(params, dispute.metadata),
    submissionCount: dispute.submissionCount + (submits || flag(params, "submit") ? 1 : 0),
    status: submits ? (inquiry ? "warning_under_review" : "under_review") : dispute.status,
  };
  return show(scene, change(scene, "charge.dispute.updated", dispute, next));
}

function close({ scene, id }: ApiCall): JsonObject {
  const dispute = mustFind(scene, "dispute", id);
  if (
    dispute.status === "won" ||
    dispute.status === "lost" ||
    dispute.status === "warning_closed"
  ) {
    throw invalidRequest("This dispute is already closed.");
  }
  const status = dispute.status.startsWith("warning") ? "warning_closed" : "lost";
  return show(scene, closeDispute(scene, dispute, status));
}

/** The requests about disputes. */
export const disputeRoutes = [
  route("GET /v1/disputes", "DisputeListParams", (call) => listOfPayment(call, "dispute")),
  route("GET /v1/disputes/:id", "DisputeRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "dispute", id)),
  ),
  route("POST /v1/disputes/:id", "DisputeUpdateParams", update),
  route("POST /v1/disputes/:id/close", "DisputeCloseParams", close),
];
