import { afterAll, beforeAll, expect, it } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../support/database.js";

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

it("reads bigint as bigint", async () => {
  const { rows } = await database.db.raw("select 9007199254740993::bigint as n");
  expect(rows).toEqual([{ n: 9007199254740993n }]);
});
