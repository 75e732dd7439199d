import type { UsageRecord } from "../types.js";
import { creditsIn, creditsOut } from "./refuse.js";
import { type FakeAnswer, type FakeRequest, ok } from "./route.js";
import { iso, type World } from "./world.js";

export function filtered(world: World, query: URLSearchParams): UsageRecord[] {
  const is = (name: string, value: string): boolean => (query.get(name) ?? value) === value;
  const from = query.get("from") ?? "";
  const to = query.get("to") ?? "9";
  return [...world.usage.values()]
    .map(({ record: each }) => each)
    .filter(({ customerId, event, acceptedAt }) => {
      const isIn = acceptedAt >= from && acceptedAt < to;
      return isIn && is("customerId", customerId) && is("event", event);
    });
}

export function summarize({ world, query }: FakeRequest): FakeAnswer {
  const lines = new Map<
    string,
    { events: number; applied: number; micro: bigint; key: string[] }
  >();
  let total = 0n;
  const found = filtered(world, query);
  for (const { event, model, acceptedAt, status, credits } of found) {
    const key = [event, model ?? "", acceptedAt.slice(0, 10)];
    const name = JSON.stringify(key);
    const line = lines.get(name) ?? { events: 0, applied: 0, micro: 0n, key };
    line.events++;
    if (status === "applied") line.applied++;
    line.micro += creditsIn(credits);
    total += creditsIn(credits);
    lines.set(name, line);
  }
  const data = [...lines.values()].map(({ events, applied, micro, key: [event, model, day] }) => ({
    event,
    model: model === "" ? null : model,
    day,
    events,
    applied,
    rejected: events - applied,
    credits: creditsOut(micro),
  }));
  const now = iso(world.now());
  return ok({
    from: query.get("from") ?? now,
    to: query.get("to") ?? now,
    data,
    total: { events: found.length, credits: creditsOut(total) },
  });
}
