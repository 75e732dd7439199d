import { type ApiCall, listAnswer, route } from "../http/route.js";
import type { JsonObject } from "../json.js";
import { text } from "../params/read.js";
import { show } from "../render.js";
import { mustFind } from "./find.js";
import { listOfPayment } from "./of-payment.js";

function listBalance(call: ApiCall): JsonObject {
  const source = text(call.params, "source");
  const type = text(call.params, "type");
  const currency = text(call.params, "currency");
  const index = source !== null ? `source|${source}` : `type|${type}`;
  return listAnswer(call, {
    kind: "balance_transaction",
    ...(source === null && type === null ? {} : { indexKey: `balance_transaction|${index}` }),
    keep: (record) =>
      record.kind === "balance_transaction" &&
      (type === null || record.type === type) &&
      (currency === null || record.currency === currency),
  });
}

/** The requests that only read: the balance's movements and early fraud warnings. */
export const reportRoutes = [
  route("GET /v1/balance_transactions", "BalanceTransactionListParams", listBalance),
  route("GET /v1/balance_transactions/:id", "BalanceTransactionRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "balance_transaction", id)),
  ),
  route("GET /v1/radar/early_fraud_warnings", "EarlyFraudWarningListParams", (call) =>
    listOfPayment(call, "radar.early_fraud_warning"),
  ),
  route(
    "GET /v1/radar/early_fraud_warnings/:id",
    "EarlyFraudWarningRetrieveParams",
    ({ scene, id }) => show(scene, mustFind(scene, "radar.early_fraud_warning", id)),
  ),
];
