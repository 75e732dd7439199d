import { keep } from "../acts/emit.js";
import { type ApiCall, listAnswer, route } from "../http/route.js";
import type { JsonObject } from "../json.js";
import { metadataFrom, text, textOr } from "../params/read.js";
import { show } from "../render.js";
import { mustFind } from "./find.js";

function update({ scene, params, id }: ApiCall): JsonObject {
  const charge = mustFind(scene, "charge", id);
  return show(
    scene,
    keep(scene, {
      ...charge,
      description: textOr(params, "description", charge.description),
      metadata: metadataFrom(params, charge.metadata),
      receiptEmail: textOr(params, "receipt_email", charge.receiptEmail),
    }),
  );
}

function list(call: ApiCall): JsonObject {
  const intent = text(call.params, "payment_intent");
  const customer = text(call.params, "customer");
  const index = intent !== null ? `payment_intent|${intent}` : `customer|${customer}`;
  return listAnswer(call, {
    kind: "charge",
    ...(intent === null && customer === null ? {} : { indexKey: `charge|${index}` }),
    keep: (record) =>
      record.kind === "charge" && (customer === null || record.customer === customer),
  });
}

/** The requests about charges. */
export const chargeRoutes = [
  route("GET /v1/charges", "ChargeListParams", list),
  route("GET /v1/charges/:id", "ChargeRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "charge", id)),
  ),
  route("POST /v1/charges/:id", "ChargeUpdateParams", update),
];
