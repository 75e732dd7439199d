import { ApiError } from "../api-error.js";
import { type ApiCall, route } from "../http/route.js";
import type { JsonObject } from "../json.js";
import { show } from "../render.js";

function retrieve({ scene, id }: ApiCall): JsonObject {
  const account = scene.simulation.accounts.get(id === "" ? scene.book.accountId : id);
  const own = account?.id === scene.book.accountId || account?.platform === scene.book.accountId;
  if (account && own) return show(scene, account);
  throw new ApiError(
    403,
    `The provided key does not have access to account '${id}' (or that account does not exist). Application access may have been revoked.`,
    { code: "account_invalid" },
  );
}

/** The requests about accounts. */
export const accountRoutes = [
  route("GET /v1/account", "AccountRetrieveCurrentParams", retrieve),
  route("GET /v1/accounts/:id", "AccountRetrieveParams", retrieve),
];
