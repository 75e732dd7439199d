import { parsePublicId, type ProjectId, publicId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusals.js";
import { listApiKeys } from "../../tenancy/list-api-keys.js";
import { listTokens, readToken } from "../../tenancy/read-tokens.js";
import { type ApiKey, type Token, tokenStatusOf } from "../../tenancy/rules.js";
import type { CommandContext } from "./command-context.js";

/** A key by its id, or by its name when no other key in force has it. Refuses with `not_found` or `conflict`. */
export async function chooseKey(
  ctx: CommandContext,
  projectId: ProjectId,
  choice: string,
): Promise<ApiKey> {
  const keys = await listApiKeys(ctx, projectId);
  return choose(keys, choice, { what: "key", isInForce: ({ revokedAt }) => revokedAt === null });
}

const tokensMax = 100;

/** A token by its id, or by its name among the newest when no other of those in force has it. */
export async function chooseToken(
  ctx: CommandContext,
  projectId: ProjectId,
  choice: string,
): Promise<Token> {
  const id = parsePublicId("apiKey", choice);
  if (id !== undefined) return readToken(ctx.db, projectId, id);
  const { data } = await listTokens(ctx.db, projectId, { size: tokensMax });
  const isInForce = (token: Token) => tokenStatusOf(token) === "in_force";
  return choose(data, choice, { what: "token", isInForce });
}

function choose<T extends ApiKey>(
  all: readonly T[],
  choice: string,
  { what, isInForce }: { readonly what: string; readonly isInForce: (key: T) => boolean },
): T {
  const id = parsePublicId("apiKey", choice);
  const meant = all.filter((key) => key.id === id || (key.name === choice && isInForce(key)));
  const [key] = meant;
  if (key === undefined)
    throw new Refusal("not_found", {
      detail: `The project has no ${what} "${choice}" in force. List them: chargly ${what}s list`,
    });
  if (meant.length > 1)
    throw new Refusal("conflict", {
      detail: `${meant.length} ${what}s have the name "${choice}". Name one by its id:\n${meant.map((each) => `  ${publicId("apiKey", each.id)}  ${each.hint}`).join("\n")}`,
    });
  return key;
}
