import type { RouteContract } from "../platform/http/route.js";
import { describeOperation } from "./describe-operation.js";
import { describeExamples, headers, problemContract } from "./describe-problems.js";
import { createSchemaBook } from "./describe-schemas.js";
import type { Answer, ContractDocument, Operation } from "./document.js";
import { info, securitySchemes, tags } from "./introduction.js";

/** The whole contract, from the declarations of the routes alone: the same routes make the same document. */
export function describeApi(routes: readonly RouteContract[], serverUrl: string): ContractDocument {
  const book = createSchemaBook();
  book.describe(problemContract, "output");
  const problems: Record<string, Answer> = {};
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method]: describeOperation(route, book, problems) };
  }
  return {
    openapi: "3.1.0",
    info,
    servers: [{ url: serverUrl, description: "The address of your Chargly: PUBLIC_URL." }],
    tags: tags.filter(({ name }) => routes.some((route) => route.tags.includes(name))),
    paths,
    components: {
      securitySchemes,
      headers,
      responses: inOrder(problems),
      schemas: inOrder(book.components),
      examples: describeExamples(),
    },
  };
}

function inOrder<T>(named: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)));
}
