import type { WalletAccess } from "../server/identity.js";
import { ToolFailure } from "../tools/tool-error.js";

/** An id of another wallet is answered as one that nobody has. */
export function assertOwn({ customerId }: WalletAccess, owner: string): void {
  if (owner === customerId) return;
  throw new ToolFailure({
    code: "not_found",
    detail: "The wallet has nothing with this id. Use ids that these tools answered.",
    outcome: "refused",
  });
}

/** Before a hold is moved by its id. A token's hold is its own or the API refuses; a secret key could move any. */
export async function assertOwnHold(
  access: WalletAccess,
  holdId: string,
  signal: AbortSignal,
): Promise<void> {
  if (access.kind === "agent") return;
  const { customerId } = await access.chargly.holds.get(holdId, { signal });
  assertOwn(access, customerId);
}
