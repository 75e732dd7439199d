import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byProject, reasonOf, recentSince } from "../../src/integrity/rules.js";
import { newId } from "../../src/kernel/ids.js";

const dayMs = 86_400_000;
const minuteMs = 60_000;
const nowMs = Date.UTC(2026, 0, 31);
const lookedAt = fc.option(
  fc.integer({ min: 0, max: 3 * dayMs }).map((agoMs) => new Date(nowMs - agoMs)),
);

describe("a look at what changed", () => {
  it("begins a little before where the last look of either kind ended, and no more than a day ago", () => {
    fc.assert(
      fc.property(lookedAt, lookedAt, (recent, whole) => {
        const sinceMs = recentSince({ now: new Date(nowMs), recent, whole }).getTime();
        const lastMs = Math.max(recent?.getTime() ?? 0, whole?.getTime() ?? 0);
        expect(sinceMs).toBeGreaterThanOrEqual(nowMs - dayMs);
        expect(sinceMs).toBeLessThan(nowMs);
        if (lastMs > nowMs - dayMs + minuteMs) expect(sinceMs).toBe(lastMs - minuteMs);
      }),
    );
  });
});

const projects = [newId("project"), newId("project"), newId("project")];
const example = fc.record({
  projectId: fc.constantFrom(...projects),
  walletId: fc.option(fc.constant(newId("wallet"))),
  id: fc.string({ maxLength: 5 }),
  wrong: fc.string({ maxLength: 5 }),
});
const broken = fc.array(
  fc.record({
    name: fc.constantFrom("seq_gapless", "balances_chain"),
    rule: fc.constant("a rule"),
    offenders: fc.integer({ min: 1, max: 9 }),
    examples: fc.array(example, { minLength: 1, maxLength: 5 }),
  }),
  { maxLength: 4 },
);

describe("what is broken", () => {
  it("is told of each project by itself, and nothing of it is lost", () => {
    fc.assert(
      fc.property(broken, (found) => {
        const apart = byProject(found);
        for (const [projectId, own] of apart) {
          expect(own.flatMap(({ examples }) => examples)).toEqual(
            found.flatMap(({ examples }) =>
              examples.filter((each) => each.projectId === projectId),
            ),
          );
          expect(own.every(({ examples }) => examples.length > 0)).toBe(true);
          for (const { name } of own) expect(reasonOf(own)).toContain(name);
        }
        const all = found.flatMap(({ examples }) => examples);
        expect([...apart.values()].flat().flatMap(({ examples }) => examples)).toHaveLength(
          all.length,
        );
      }),
    );
  });
});
