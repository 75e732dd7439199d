import { sessionSeconds } from "./sessions.js";

const cookieName = "chargly_operator";

/** Sent back by the browser to operator pages only, never from another site, and out of reach of scripts. */
export function sessionCookie(value: string, secure: boolean): string {
  return `${cookieName}=${value}; ${attributes(sessionSeconds, secure)}`;
}

export function endedCookie(secure: boolean): string {
  return `${cookieName}=; ${attributes(0, secure)}`;
}

function attributes(maxAgeSeconds: number, secure: boolean): string {
  const always = `Path=/ops; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
  return secure ? `${always}; Secure` : always;
}

/** The session's value in a `Cookie` header; the first one when there are several. */
export function sessionIn(header: string | undefined): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === cookieName) return pair.slice(at + 1).trim();
  }
  return undefined;
}
