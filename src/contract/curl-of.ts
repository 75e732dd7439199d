import type { Parameter } from "./document.js";
import type { PlacedOperation } from "./operations-of.js";

/** A call of an operation at a terminal, with the values of its examples. */
export function curlOf(operation: PlacedOperation, serverUrl: string): string {
  const { method, parameters = [], requestBody, security } = operation;
  const path = parameters
    .filter((each) => each.in === "path")
    .reduce((before, each) => before.replace(`{${each.name}}`, shownValue(each)), operation.path);
  const body = requestBody?.content["application/json"]?.example;
  // An event's own id protects it already, and what is not needed is not shown.
  const isNamed = typeof body === "object" && body !== null && "id" in body;
  const headers = parameters.filter((each) => each.name === "Idempotency-Key" && !isNamed);
  const lines = [
    `curl -s${method === "get" ? "" : ` -X ${method.toUpperCase()}`} ${serverUrl}${path}`,
    ...(security.length === 0 ? [] : ['-H "Authorization: Bearer $CHARGLY_API_KEY"']),
    ...headers.map((each) => `-H "${each.name}: ${shownValue(each)}"`),
    ...(body === undefined ? [] : ['-H "Content-Type: application/json"', `-d '${quoted(body)}'`]),
  ];
  return lines.join(" \\\n  ");
}

function shownValue({ name, schema: { examples } }: Parameter): string {
  const [first] = Array.isArray(examples) ? examples : [];
  return typeof first === "string" || typeof first === "number" ? String(first) : `<${name}>`;
}

function quoted(body: unknown): string {
  return JSON.stringify(body, null, 2).replaceAll("\n", "\n  ").replaceAll("'", "'\\''");
}
