import { type ApiKeyId, parsePublicId, type ProjectId, publicId } from "../kernel/ids.js";
import { cutPage, decodeCursor, type Page } from "../kernel/page.js";
import { Refusal } from "../kernel/refusals.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { Token, TokenKind } from "./rules.js";
import { selectTokens, type TokenFilter } from "./store/keys.js";

/** One token. Refuses with `not_found`, also for secret keys, other kinds than asked for and other projects' tokens. */
export async function readToken(
  db: Database | Trx,
  projectId: ProjectId,
  id: ApiKeyId,
  kind?: TokenKind,
): Promise<Token> {
  const [token] = await selectTokens(db, projectId, { id, kind, limit: 1 });
  if (token === undefined)
    throw new Refusal("not_found", {
      detail: `The project has no token ${publicId("apiKey", id)}.`,
    });
  return token;
}

export interface TokensAsked extends Pick<TokenFilter, "kind" | "customerId"> {
  readonly size: number;
  readonly cursor?: string | undefined;
}

/** Tokens of a project, the newest first, those that have ended included. */
export async function listTokens(
  db: Database | Trx,
  projectId: ProjectId,
  { size, cursor, ...filter }: TokensAsked,
): Promise<Page<Token>> {
  const idBefore = cursor === undefined ? undefined : parsePublicId("apiKey", decodeCursor(cursor));
  if (cursor !== undefined && idBefore === undefined)
    throw new Refusal("invalid_request", {
      param: "cursor",
      detail:
        "That cursor is not one of ours. Use `nextCursor` of the page before, or leave it out.",
    });
  const rows = await selectTokens(db, projectId, { ...filter, idBefore, limit: size + 1 });
  return cutPage(rows, size, ({ id }) => publicId("apiKey", id));
}
