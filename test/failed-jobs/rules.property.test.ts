import fc from "fast-check";
import { expect, it } from "vitest";
import { type FailedJob, newestOf } from "../../src/failed-jobs/rules.js";

it("a page of failed jobs goes on behind any of them, in one order over all kinds", () => {
  const job = (at: number): FailedJob => ({
    kind: "refund",
    id: at.toString(16).padStart(8, "0"),
    publicId: "",
    state: "stuck",
    what: "",
    reason: null,
    attempts: null,
    since: new Date(0),
    stripeObject: null,
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ at: fc.nat(0xffffff), list: fc.nat(3) }), {
        selector: ({ at }) => at,
      }),
      fc.integer({ min: 1, max: 5 }),
      (made, size) => {
        const newest = made.toSorted((a, b) => b.at - a.at).map(({ at }) => job(at).id);
        const read: string[] = [];
        for (;;) {
          const before = read.at(-1);
          const lists = [0, 1, 2, 3].map((list) =>
            made
              .filter((each) => each.list === list)
              .map(({ at }) => job(at))
              .filter(({ id }) => before === undefined || id < before)
              .toSorted((a, b) => (a.id < b.id ? 1 : -1))
              .slice(0, size),
          );
          const part = newestOf(lists, size);
          if (part.length === 0) break;
          read.push(...part.map(({ id }) => id));
        }
        expect(read).toEqual(newest);
      },
    ),
    { numRuns: 50 },
  );
});
