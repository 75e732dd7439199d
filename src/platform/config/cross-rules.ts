import type { ConfigProblem } from "./problems.js";

type Value = (name: string) => string | undefined;

const live = (key: string | undefined): boolean => /^(?:sk|rk|chg)_live_/.test(key ?? "");

/** Rules about more than one variable. They look at the text, so they hold even while other variables are wrong. */
export function crossProblems(value: Value): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const stripeKey = value("STRIPE_SECRET_KEY");
  const projectKey = value("PROJECT_API_KEY");
  if (live(stripeKey) && value("STRIPE_API_BASE") !== undefined) {
    problems.push({
      variable: "STRIPE_API_BASE",
      wrong: "is set, and STRIPE_SECRET_KEY is a live key",
      fix: "Unset it, or use a test key: a live key never goes to a simulator.",
    });
  }
  if (stripeKey !== undefined && projectKey !== undefined && live(stripeKey) !== live(projectKey)) {
    problems.push({
      variable: "PROJECT_API_KEY",
      wrong: "and STRIPE_SECRET_KEY are of different modes",
      fix: "Use chg_test_ with a test key of Stripe and chg_live_ with a live one.",
    });
  }
  if (stripeKey === undefined) {
    for (const name of ["STRIPE_WEBHOOK_SECRET", "STRIPE_ACCOUNT"]) {
      if (value(name) === undefined) continue;
      problems.push({
        variable: name,
        wrong: "is set without STRIPE_SECRET_KEY",
        fix: "Set STRIPE_SECRET_KEY too, or unset this one.",
      });
    }
  }
  return problems;
}
