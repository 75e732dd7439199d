import { Refusal } from "../kernel/refusals.js";

/** A person has to look first, so coming back soon is of no use. */
const retryAfterSeconds = 60;

/** What waits while a project is paused is told to come later; nothing of it was done. */
export function projectPaused(): Refusal {
  return new Refusal("project_paused", {
    detail:
      "An invariant of this project's books is broken, so nothing is spent or held until an operator has looked (chargly doctor, chargly projects resume). Usage without Prefer: wait is accepted and will be applied then. Send this again later, under the same id or Idempotency-Key.",
    retryAfterSeconds,
  });
}
