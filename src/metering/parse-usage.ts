import type { z } from "zod";
import { Refusal } from "../kernel/refusals.js";
import { parseInput } from "../platform/http/parse-input.js";
import { parseJson, refuseInexactNumbers } from "../platform/http/parse-json.js";
import { eventsPerRequest, type UsageInput } from "./rules.js";
import { usageEventIn, usageEventsIn, usageIdPattern } from "./usage-schema.js";

const newline = 10;

/**
 * One event, a list, or a line of JSON for each (`application/x-ndjson`). Throws as every body does, with the place
 * of the event in `param`; then nothing of the request is taken.
 */
export function parseUsage(
  contentType: string | undefined,
  body: Buffer,
): UsageInput | readonly UsageInput[] {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "application/x-ndjson") return parseList(parseLines(body));
  if (!/^application\/(?:[\w.-]+\+)?json$/.test(type))
    throw new Refusal("unsupported_media_type", {
      detail: "Send the body with Content-Type: application/json or application/x-ndjson.",
    });
  refuseInexactNumbers(body);
  const json = parseJson(body);
  return Array.isArray(json) ? parseList(json) : (parseInput(usageEventIn, json) as UsageInput);
}

/**
 * The event with its request's `Idempotency-Key` as its id, when it has none of its own. Throws `invalid_request` for a
 * key that cannot be an id, and for a list with events that lack one: a single key cannot name them all.
 */
export function nameByKey(
  input: UsageInput | readonly UsageInput[],
  key: string | undefined,
): UsageInput | readonly UsageInput[] {
  if (key === undefined) return input;
  if (isList(input)) {
    const at = input.findIndex(({ id }) => id === undefined);
    if (at === -1) return input;
    throw unfitKey(
      `Give each event of a list an id of its own: the event [${at}] has none. An Idempotency-Key names one event, so it protects no list.`,
    );
  }
  if (input.id !== undefined) return input;
  if (!usageIdPattern.test(key))
    throw unfitKey(
      "The event has no id, so the Idempotency-Key becomes its id. Send one of 1 to 128 visible ASCII characters, such as a UUID.",
    );
  return { ...input, id: key };
}

/** Whether a request carries a list, also one of a single event. */
export function isList(input: UsageInput | readonly UsageInput[]): input is readonly UsageInput[] {
  return Array.isArray(input);
}

function unfitKey(detail: string): Refusal {
  return new Refusal("invalid_request", { param: "Idempotency-Key", detail });
}

function parseList(json: readonly unknown[]): readonly UsageInput[] {
  return parseInput(usageEventsIn, json) as z.output<typeof usageEventsIn>;
}

function parseLines(body: Buffer): readonly unknown[] {
  refuseInexactNumbers(body);
  const lines: unknown[] = [];
  for (let from = 0; from < body.length; ) {
    const at = body.indexOf(newline, from);
    const end = at === -1 ? body.length : at;
    const line = body.subarray(from, end);
    from = end + 1;
    if (line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)) continue;
    if (lines.length === eventsPerRequest)
      throw new Refusal("invalid_request", {
        detail: `A request carries at most ${eventsPerRequest} events. Split it.`,
      });
    lines.push(parseLine(line, lines.length));
  }
  return lines;
}

/** What is wrong with a line is named by its place, as in a list. */
function parseLine(line: Buffer, place: number): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { param } = error.details;
    const named = param === undefined ? `[${place}]` : `[${place}].${param}`;
    throw new Refusal(error.code, { ...error.details, param: named });
  }
}
