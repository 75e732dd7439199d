import type { Config } from "../platform/config/config.js";
import type { ProjectSettings } from "../tenancy/configure-project.js";
import { keyFormOf, stripeKeyMode } from "../tenancy/rules.js";

/** The one project that the environment describes, or `undefined` when it names neither an API key nor a Stripe key. */
export function projectSettings(config: Config): ProjectSettings | undefined {
  const apiKey = config.project.apiKey?.reveal();
  const secretKey = config.stripe.secretKey?.reveal();
  if (apiKey === undefined && secretKey === undefined) return undefined;
  const mode =
    (secretKey === undefined ? undefined : stripeKeyMode(secretKey)) ??
    (apiKey === undefined ? undefined : keyFormOf(apiKey)?.mode) ??
    "test";
  return {
    name: config.project.name,
    mode,
    allowedOrigins: config.project.allowedOrigins,
    apiKey: apiKey === undefined ? undefined : { secret: apiKey },
    stripe:
      secretKey === undefined
        ? undefined
        : {
            secretKey,
            connectedAccount: config.stripe.account ?? null,
            webhookSecrets: config.stripe.webhookSecrets.map((secret) => secret.reveal()),
          },
  };
}
