import { assert } from "../../kernel/assert.js";
import type { WalletId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusals.js";
import type { AgentPrincipal, Principal } from "./principal.js";

/** Whom a request of an agent is about. */
export type Whose =
  /** What is the same for every customer of the project. */
  | "everybody"
  /** The customers that it names. */
  | { readonly customerIds: readonly string[] }
  /** Who has what it names by an id; `undefined` when nobody in the project has it. */
  | { readonly walletId: WalletId | undefined };

/** Lets tokens call a route. A route without it takes secret keys only. */
export interface TokenAccess<AnyCall> {
  /** The tools that the route is part of: a token needs one of them. `any`: every token may ask. */
  readonly tools: readonly string[] | "any";
  /** Lets agents call it, who may ask about their own customer only. Without it only operators' tokens are let through. */
  // A method, not a property: its parameter may then be narrower than what the erased Route says.
  whose?(call: AnyCall): Whose | Promise<Whose>;
}

type Tools = Pick<TokenAccess<never>, "tools" | "whose"> | undefined;

/** Whether a route takes this bearer: every secret key, and a token that has a tool which the route is part of. */
export function takesBearer(access: Tools, principal: Principal): boolean {
  if (principal.kind === "secret") return true;
  if (access === undefined) return false;
  if (principal.kind === "agent" && access.whose === undefined) return false;
  return access.tools === "any" || access.tools.some((tool) => principal.tools.has(tool));
}

/** @throws Refusal `forbidden` where {@link takesBearer} says no: with what the token may do, or the tools that it lacks */
export function refuseOtherTools(access: Tools, principal: Principal): void {
  if (principal.kind === "secret" || takesBearer(access, principal)) return;
  const own = [...principal.tools].sort().join(", ");
  const isAgents = principal.kind === "agent";
  if (access === undefined || access.tools === "any" || (isAgents && access.whose === undefined))
    throw new Refusal("forbidden", {
      detail: `No ${isAgents ? "agent's" : "operator's"} token may do this. Use a secret key of the project, on a server. This token has the tools ${own}.`,
    });
  const needed = access.tools;
  throw new Refusal("forbidden", {
    detail: `This token lacks the tool ${needed.join(" or ")}. Ask whoever made it for a token that has it. This one has ${own}.`,
    extra: { requiredTools: needed },
  });
}

/**
 * Keeps an agent to its own customer.
 *
 * @throws Refusal `forbidden` for a named other customer; `not_found` for what another wallet has, as for what nobody has
 */
export async function refuseOtherCustomers<C>(
  access: TokenAccess<C & { readonly principal: AgentPrincipal }> | undefined,
  call: C,
  principal: Principal,
): Promise<void> {
  if (principal.kind !== "agent") return;
  assert(access?.whose !== undefined, "an agent is refused where nothing says whom it is about");
  const whose = await access.whose({ ...call, principal });
  if (whose === "everybody") return;
  if ("walletId" in whose) {
    if (whose.walletId === principal.walletId) return;
    throw new Refusal("not_found", {
      detail: "There is nothing with this id in the wallet that this token acts for.",
    });
  }
  assert(whose.customerIds.length > 0, "a request that names customers names one");
  if (whose.customerIds.every((each) => each === principal.customerId)) return;
  throw new Refusal("forbidden", {
    param: "customerId",
    detail: `This token acts for the customer "${principal.customerId}" only. Send that customerId.`,
  });
}
