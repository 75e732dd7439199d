import { createHash } from "node:crypto";

export type ReplyHeaders = Readonly<Record<string, string>>;

/** What a handler answers: a value, so that it can be stored, compared and replayed. */
export type Reply = WholeReply | StreamReply;

/** An answer that is all there. */
export type WholeReply = JsonReply | PageReply | TextReply | RedirectReply | EmptyReply;

export interface JsonReply {
  readonly kind: "json";
  readonly status: number;
  /** Plain JSON: no bigint, no Date. */
  readonly json: unknown;
  readonly headers: ReplyHeaders;
}

export interface PageReply {
  readonly kind: "page";
  readonly status: number;
  readonly html: string;
  /** The Content-Security-Policy of this page; scripts are never allowed. */
  readonly contentSecurityPolicy: string;
  readonly headers: ReplyHeaders;
}

export interface TextReply {
  readonly kind: "text";
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
  readonly headers: ReplyHeaders;
}

export interface RedirectReply {
  readonly kind: "redirect";
  readonly status: 302 | 303 | 307 | 308;
  readonly location: string;
  readonly headers: ReplyHeaders;
}

export interface EmptyReply {
  readonly kind: "empty";
  readonly status: number;
  readonly headers: ReplyHeaders;
}

/** A long answer, made while it is sent, as fast as the client takes it. */
export interface StreamReply {
  readonly kind: "stream";
  readonly status: number;
  readonly chunks: AsyncIterable<string> | Iterable<string>;
  readonly contentType: string;
  readonly headers: ReplyHeaders;
}

function answerJson(status: number, json: unknown, headers: ReplyHeaders = {}): JsonReply {
  return { kind: "json", status, json, headers };
}

/**
 * A JSON answer: `reply(201, wallet, { Location: "/v1/wallets/user_123" })`, or short `reply.ok`, `reply.created`,
 * `reply.accepted` and `reply.empty()` (204).
 */
export const reply = Object.assign(answerJson, {
  ok: (json: unknown, headers: ReplyHeaders = {}) => answerJson(200, json, headers),
  created: (json: unknown, headers: ReplyHeaders = {}) => answerJson(201, json, headers),
  accepted: (json: unknown, headers: ReplyHeaders = {}) => answerJson(202, json, headers),
  empty: (headers: ReplyHeaders = {}): EmptyReply => ({ kind: "empty", status: 204, headers }),
});

export interface PageOptions {
  readonly status?: number;
  /** The exact text between `<style>` and `</style>`. Only this one style sheet may apply. */
  readonly styleSheet?: string;
  /** Origins, besides our own, that a form of the page may lead to, also by a redirect. */
  readonly formOrigins?: readonly string[];
  readonly headers?: ReplyHeaders;
}

/** A whole HTML document. The caller escapes what it puts in; the policy keeps scripts out all the same. */
export function page(html: string, options: PageOptions = {}): PageReply {
  const { status = 200, styleSheet, formOrigins = [], headers = {} } = options;
  const contentSecurityPolicy = [
    "default-src 'none'",
    `style-src ${styleSheet === undefined ? "'none'" : `'sha256-${sha256(styleSheet)}'`}`,
    "img-src 'self' data:",
    `form-action ${["'self'", ...formOrigins].join(" ")}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return { kind: "page", status, html, contentSecurityPolicy, headers };
}

/** Plain text, for `/metrics` and the like. */
export function text(
  body: string,
  options: { readonly status?: number; readonly contentType?: string } = {},
): TextReply {
  const { status = 200, contentType = "text/plain; charset=utf-8" } = options;
  return { kind: "text", status, text: body, contentType, headers: {} };
}

/**
 * A file that is sent piece by piece, so that its size costs no memory. What can be refused is refused before: once
 * the first piece is out, a failure can only cut the connection, which the client sees as a broken download.
 */
export function download(
  chunks: StreamReply["chunks"],
  file: { readonly name: string; readonly contentType: string },
): StreamReply {
  const name = file.name.replace(/[^A-Za-z0-9._-]/g, "_");
  const headers = { "Content-Disposition": `attachment; filename="${name}"` };
  return { kind: "stream", status: 200, chunks, contentType: file.contentType, headers };
}

/** Sends the browser on. 303 turns a POST into a GET, which is what a form wants. */
export function redirect(
  location: string,
  status: RedirectReply["status"] = 303,
  headers: ReplyHeaders = {},
): RedirectReply {
  return { kind: "redirect", status, location, headers };
}

function sha256(content: string): string {
  return createHash("sha256").update(content, "utf8").digest("base64");
}
