import type { Context } from "../platform/context.js";
import { problemDocsPath } from "../platform/http/problem.js";
import { redirect, text } from "../platform/http/reply.js";
import { defineRoute, type Route } from "../platform/http/route.js";
import type { ContractDocument } from "./document.js";
import { renderReference } from "./pages/render-reference.js";
import { writeLlms } from "./write-llms.js";

type DocsContext = Pick<Context, "publicUrl">;

const open = { method: "get", tags: ["Documentation"], auth: "public" } as const;

/** The contract as a page, as OpenAPI and as text. Made when it is first asked for, and kept. */
export function contractRoutes(
  describe: (serverUrl: string) => ContractDocument,
): readonly Route<DocsContext>[] {
  const define = defineRoute<DocsContext>();
  const reference = keptFor((url) => renderReference(describe(url)));
  const openApi = keptFor((url) => `${JSON.stringify(describe(url), null, 2)}\n`);
  const llms = keptFor((url) => writeLlms(describe(url)));
  return [
    define({
      ...open,
      path: problemDocsPath,
      operationId: "docs.show",
      summary: "The reference",
      response: { 200: "page" },
      handle: async ({ ctx }) => reference(ctx.publicUrl),
    }),
    // Where the type of problems led before. A browser keeps the code behind the #.
    define({
      ...open,
      path: "/docs/errors",
      operationId: "docs.showErrors",
      summary: "Where refusals are explained",
      response: { 308: "redirect" },
      handle: async () => redirect(problemDocsPath, 308),
    }),
    define({
      ...open,
      path: "/openapi.json",
      operationId: "docs.getOpenApi",
      summary: "The contract as OpenAPI 3.1",
      response: { 200: "text" },
      handle: async ({ ctx }) =>
        text(openApi(ctx.publicUrl), { contentType: "application/json; charset=utf-8" }),
    }),
    define({
      ...open,
      path: "/llms.txt",
      operationId: "docs.getLlms",
      summary: "The contract for language models",
      response: { 200: "text" },
      handle: async ({ ctx }) => text(llms(ctx.publicUrl)),
    }),
  ];
}

/** A process has one address, so one answer is kept. */
function keptFor<T>(make: (url: string) => T): (url: string) => T {
  let kept: { readonly url: string; readonly made: T } | undefined;
  return (url) => {
    if (kept?.url !== url) kept = { url, made: make(url) };
    return kept.made;
  };
}
