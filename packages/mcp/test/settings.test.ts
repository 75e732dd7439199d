import { expect, it } from "vitest";
import { readSettings } from "../src/stdio/read-settings.js";

const url = "https://credits.example.com";
const token = (prefix: string) => `${prefix}${"x".repeat(32)}`;
const read = (prefix: string, isOperator: boolean, more = {}) =>
  readSettings({ CHARGLY_URL: url, CHARGLY_TOKEN: token(prefix), ...more }, isOperator);

it("takes a secret key or an operator's token for the tools of operators, and nothing that names a customer", () => {
  const customer = { CHARGLY_CUSTOMER_ID: "user_123" };
  expect(read("chg_test_", true)).toMatchObject({ kind: "secret", customerId: undefined });
  expect(read("chg_operator_test_", true)).toMatchObject({ kind: "operator" });
  expect(() => read("chg_agent_test_", true)).toThrow("--operator takes");
  expect(() => read("chg_test_", true, customer)).toThrow("--operator takes");
  expect(() => read("chg_test_", false)).toThrow("CHARGLY_CUSTOMER_ID");
  expect(read("chg_test_", false, customer)).toMatchObject({ customerId: "user_123" });
});
