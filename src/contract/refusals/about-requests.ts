import type { RefusalWords } from "./refusal-words.js";

/** Refusals of the request itself, whatever it asks for. */
export const aboutRequests = {
  invalid_request: {
    happened: "A field is missing, unknown or has a value that is not taken here.",
    fix: "`param` names the first field at fault and `errors` lists up to twenty. Change them and send the request again.",
    example: {
      param: "credits",
      detail: "credits: Send more than 0.",
      extra: { errors: [{ param: "credits", detail: "Send more than 0." }] },
    },
  },
  malformed_json: {
    happened: "The body cannot be read as JSON, or is nested too deeply.",
    fix: "Send UTF-8 JSON. NaN, Infinity, comments and trailing commas are not JSON.",
    example: {
      detail:
        "The body cannot be parsed. Send UTF-8 JSON; NaN, Infinity and comments are not JSON.",
    },
  },
  body_too_large: {
    happened: "The body has more bytes than this operation takes.",
    fix: "Split it into requests of at most `limitBytes` bytes each.",
    example: {
      detail: "The body may have at most 262144 bytes. Split the request into smaller ones.",
      extra: { limitBytes: 262_144 },
    },
  },
  unsupported_media_type: {
    happened: "The body has a content type, or a compression, that is not taken here.",
    fix: "Send it uncompressed with `Content-Type: application/json`.",
    example: { detail: "Send the body with Content-Type: application/json." },
  },
  request_timeout: {
    happened: "The request did not arrive whole in time, or the connection ended before it did.",
    fix: "Send it again, with the same Idempotency-Key where there is one. If it stays, look at the network between you and Chargly.",
    example: { detail: "The request did not arrive in time. Retry." },
  },
  headers_too_large: {
    happened: "All headers together are larger than the server takes.",
    fix: "Send fewer or shorter headers; large cookies of another application on the same host are the usual cause.",
    example: { detail: "All headers together may have at most 16384 bytes." },
  },
  method_not_allowed: {
    happened: "The path exists, and does not take this method.",
    fix: "Use one of the methods in the `Allow` header.",
    example: { detail: "This path takes GET, HEAD, OPTIONS." },
  },
  unauthenticated: {
    happened: "There is no API key with the request, or it is unknown, revoked or expired.",
    fix: "Send `Authorization: Bearer chg_…`. Create a key with `chargly keys create`. A token expires: ask whoever made it for another one.",
    example: {
      detail: "This API key is unknown or revoked. Check it, or create another one.",
    },
  },
  forbidden: {
    happened:
      "The key or token is valid and may not do this: it lacks a scope or a tool, or it is an agent's token and the request names another customer.",
    fix: "Use a key with the scopes that `requiredScopes` names, or a token with one of the tools that `requiredTools` names. An agent sends the customer of its token, which `GET /v1/agent-token` tells.",
    example: {
      detail: "This key lacks the scope wallets:adjust. Use a key that has it.",
      extra: { requiredScopes: ["wallets:adjust"] },
    },
  },
  not_found: {
    happened:
      "What the request names does not exist in this project. What belongs to another project looks the same.",
    fix: "Check the id, and whether the key belongs to the project and mode that you mean.",
    example: { detail: "There is nothing at this path. See /docs for what is." },
  },
  too_many_requests: {
    happened:
      "This key sends more requests a second than it may, or an address keeps guessing keys.",
    fix: "Wait as long as `Retry-After` says and slow down. Usage goes in lists: up to 1,000 events a request.",
    example: {
      detail:
        "At most 100 requests a second are taken here. Slow down, and put many events in one request.",
    },
  },
  idempotency_key_reused: {
    happened: "This Idempotency-Key was sent before with another path or body.",
    fix: "Use a new key for each new request, and repeat a request only unchanged.",
    example: {
      param: "Idempotency-Key",
      detail: "This Idempotency-Key was used for another request. Use a new key for a new request.",
    },
  },
  request_in_flight: {
    happened: "The first request with this Idempotency-Key is not finished yet.",
    fix: "Send the same request again after `Retry-After`: it gets the first one's answer.",
    example: {
      detail: "A request with this Idempotency-Key is still being processed. Retry it unchanged.",
    },
  },
  conflict: {
    happened: "The request contradicts what exists by now, or what somebody else changed just now.",
    fix: "Read the current state, then decide again. `detail` says what is in the way.",
    example: { detail: "Somebody else changed this pack just now. Read it and try again." },
  },
  wallet_busy: {
    happened: "Another change of the same wallet is being written. Nothing of this one was done.",
    fix: "Send it again after `Retry-After`, with the same Idempotency-Key.",
    example: {
      detail: "Another change of the same rows is in progress. Nothing was changed; retry.",
    },
  },
  unavailable: {
    happened:
      "The database or another part did not answer in time. Whether it was done is not known.",
    fix: "Send it again with the same Idempotency-Key or event id: nothing is done twice. Without one, look first.",
    example: { detail: "This took too long. Retry." },
  },
  invalid_configuration: {
    happened: "Chargly was started with settings that cannot be right.",
    fix: "An operator corrects the variables that `problems` names. A caller of the API does not see this.",
    example: { detail: "PORT must be a whole number from 0 to 65535." },
  },
  internal: {
    happened: "Something failed inside Chargly that should not have.",
    fix: "Send it again with the same Idempotency-Key. If it stays, report the `requestId`.",
    example: {
      detail:
        "This is our fault. Retry with the same Idempotency-Key, and report the requestId if it stays.",
    },
  },
} as const satisfies Record<string, RefusalWords>;
