import type { Command } from "commander";
import { customerId } from "../../platform/http/schemas.js";
import { argument, withProject } from "./cli.js";

/** A command about one customer of one project. */
export function onCustomer(wallets: Command, name: string, description: string): Command {
  return withProject(wallets.command(name))
    .description(description)
    .argument("<customer>", "your own id of the customer", argument(customerId));
}
