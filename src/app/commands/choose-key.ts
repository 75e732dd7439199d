import { parsePublicId, type ProjectId, publicId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusals.js";
import { listApiKeys } from "../../tenancy/list-api-keys.js";
import type { ApiKey } from "../../tenancy/rules.js";
import type { CommandContext } from "./command-context.js";

/** A key by its id, or by its name when no other key in force has it. Refuses with `not_found` or `conflict`. */
export async function chooseKey(
  ctx: CommandContext,
  projectId: ProjectId,
  choice: string,
): Promise<ApiKey> {
  const id = parsePublicId("apiKey", choice);
  const meant = (await listApiKeys(ctx, projectId)).filter(
    (key) => key.id === id || (key.name === choice && key.revokedAt === null),
  );
  const [key] = meant;
  if (key === undefined)
    throw new Refusal("not_found", {
      detail: `The project has no key "${choice}" in force. List them: chargly keys list`,
    });
  if (meant.length > 1)
    throw new Refusal("conflict", {
      detail: `${meant.length} keys have the name "${choice}". Name one by its id:\n${meant.map((each) => `  ${publicId("apiKey", each.id)}  ${each.hint}`).join("\n")}`,
    });
  return key;
}
