import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { committedFile, contractOperations, contractText } from "../../src/app/contract.js";
import { publicRoutes } from "../../src/app/http.js";
import { refusals } from "../../src/kernel/refusals.js";
import { refusalDocs } from "../../src/contract/refusals/refusal-docs.js";
import { contract, examplesIn, faultsOf, operations } from "./document.js";

const committed = readFileSync(committedFile, "utf8");

it("is committed as the routes make it", () => {
  const isSame = committed === contractText();
  expect(isSame, "The routes say something else than openapi.json: run `npm run openapi`").toBe(
    true,
  );
});

it("has every route of the API and the receiver of Stripe's events, and nothing that is no route", () => {
  const routes = publicRoutes.filter(({ path }) => path.startsWith("/v1/"));
  const served = [...routes.map(({ operationId }) => operationId), "stripeEvents.receive"];
  const missing = served.filter((id) => !operations.some(({ operationId }) => operationId === id));
  const unserved = operations.filter(({ operationId }) => !served.includes(operationId));
  expect(
    missing,
    "routes without an operation: mount them in apiRoutes, then `npm run openapi`",
  ).toEqual([]);
  expect(unserved.map(({ operationId }) => operationId)).toEqual([]);
  const places = operations.map(({ method, path }) => `${method} ${path}`);
  expect(routes.filter((route) => !places.includes(placeOf(route)))).toEqual([]);
  expect(new Set(places).size).toBe(operations.length);
});

const placeOf = ({ method, path }: (typeof publicRoutes)[number]) =>
  `${method} ${path.replace(/:(\w+)/g, "{$1}")}`;

it("names operations by resource and verb, each once, under a topic that it describes", () => {
  const ids = operations.map(({ operationId }) => operationId);
  expect(ids.filter((id) => !/^[a-z][a-zA-Z]+\.[a-z][a-zA-Z]+$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  const topics = contract.tags.map(({ name }) => name);
  expect(operations.filter(({ tags }) => tags.length !== 1)).toEqual([]);
  expect(operations.flatMap(({ tags }) => tags).filter((tag) => !topics.includes(tag))).toEqual([]);
});

it("shows for every body and every answer an example that its schema takes", () => {
  const shown = operations.flatMap(examplesIn);
  expect(shown.length).toBeGreaterThan(operations.length * 5);
  const wrong = shown.flatMap(({ at, schema, value }) =>
    faultsOf(schema, value).map((fault) => `${at}: ${fault}`),
  );
  expect(wrong).toEqual([]);
  const unsaid = operations.flatMap(({ operationId, parameters = [] }) =>
    parameters
      .filter(({ description, schema }) => !description || !(schema.examples ?? schema.enum))
      .map(({ name }) => `${operationId} ${name}`),
  );
  expect(unsaid, "parameters without a description or an example").toEqual([]);
  const [first] = shown;
  expect(faultsOf({ type: "string" }, first?.value)).not.toEqual([]);
});

it.each(
  contractOperations
    .filter(({ body }) => body !== undefined)
    .map((r) => [r.operationId, r] as const),
)("shows a body of %s that the route itself takes", (_operationId, { body, example = {} }) => {
  expect(body?.safeParse(example).error?.issues ?? []).toEqual([]);
});

describe("refusals", () => {
  const codes = Object.keys(refusals) as (keyof typeof refusals)[];

  it.each(codes)("%s says what happened and what to do, and shows a problem", (code) => {
    const { happened, fix, problem } = refusalDocs(code);
    for (const sentence of [happened, fix]) expect(sentence).toMatch(/^[A-Z`].{20,}\.$/);
    expect(faultsOf({ $ref: "#/components/schemas/Problem" }, problem)).toEqual([]);
    expect(contract.components.examples[code]?.value).toEqual(problem);
    expect(Object.keys(problem).filter((name) => !problemMembers.includes(name))).toEqual([]);
  });

  const problemMembers = Object.keys(contract.components.schemas["Problem"]?.properties ?? {});

  it("stand under the status that the table gives them", () => {
    for (const { operationId, answers } of operations)
      for (const { status, codes: answered } of answers)
        for (const code of answered)
          expect([operationId, code, String(refusals[code].status)]).toEqual([
            operationId,
            code,
            status,
          ]);
  });

  it("are told of the operations that can run out of credits, and of those alone", () => {
    const running = operations.filter(({ answers }) =>
      answers.some(({ codes: answered }) => answered.includes("insufficient_credits")),
    );
    expect(running.map(({ operationId }) => operationId).sort()).toEqual([
      "holds.create",
      "usage.record",
      "wallets.correct",
    ]);
  });
});
