import { approve, refuse, type Verdict } from "../../kernel/verdict.js";

const loopback: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Whether a request came by a name of this server, and from no page of another one: a page that some name leads to this machine
 * (DNS rebinding) has the wrong Host, and one that calls from elsewhere the wrong Origin. Clients that are no browsers send no
 * Origin. Origins that a project allows are for where a buyer returns to, not for this.
 */
export function checkOrigin(
  sent: { readonly host: string | undefined; readonly origin: string | undefined },
  publicUrl: string,
): Verdict<undefined> {
  const host = urlOf(`http://${sent.host ?? ""}`);
  const own = new URL(publicUrl);
  if (host === undefined || !(host.hostname === own.hostname || loopback.has(host.hostname)))
    return refuse("forbidden", {
      detail: `The Host header names another server. Call ${own.origin}/mcp, or set PUBLIC_URL to the address that clients use.`,
    });
  if (sent.origin === undefined) return approve(undefined);
  const origin = urlOf(sent.origin);
  // The proxy in front may speak TLS, so the scheme is not compared with what arrived here.
  const isSame =
    origin !== undefined && (origin.origin === own.origin || origin.host === host.host);
  if (isSame) return approve(undefined);
  return refuse("forbidden", {
    detail:
      "The Origin header names another site. Tokens do not belong into browsers: call from a program, which sends no Origin.",
  });
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
