import { expect, it } from "vitest";
import { refusalOf } from "../../../src/platform/http/error-refusal.js";

it("claims that nothing was changed only where the database has said so", () => {
  const lost = refusalOf(new Error("Connection terminated unexpectedly"));
  expect(lost.code).toBe("unavailable");
  expect(lost.details.detail).toMatch(/not known/);
  expect(lost.details.detail).not.toMatch(/Nothing was changed/);
  for (const code of ["57014", "55P03", "40P01"]) {
    const undone = refusalOf(Object.assign(new Error("undone"), { code }));
    expect(undone.details.detail).toMatch(/Nothing was changed/);
  }
});
