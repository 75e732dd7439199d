import express, { type Request, type Response, type Router } from "express";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { addressGroup } from "../../platform/http/auth-failure-limit.js";
import { readBody } from "../../platform/http/read-body.js";
import { redirect } from "../../platform/http/reply.js";
import { sendReply } from "../../platform/http/send-reply.js";
import type { OpsContext } from "../context.js";
import { loginPage } from "../pages/login-page.js";
import { endedCookie, sessionCookie } from "./cookie.js";
import { isOperator } from "./is-operator.js";
import type { Operator, Sessions } from "./sessions.js";

export const attemptsPerMinute = 10;
const formBytesMax = 4_096;
/** Only places below the operator pages, so that no link to the login leads elsewhere. */
const ownPlace = /^\/ops(?:[/?][A-Za-z0-9/_.:%?=&-]{0,500})?$/;

/** `GET` and `POST /login`, `POST /logout`. */
export function loginRoutes(
  ctx: Pick<OpsContext, "log" | "publicUrl">,
  operator: Operator,
  sessions: Sessions,
): Router {
  const attempts = new RateLimiterMemory({ points: attemptsPerMinute, duration: 60 });
  const isSecure = (request: Request): boolean =>
    request.secure || ctx.publicUrl.startsWith("https:");

  const logIn = async (request: Request, response: Response): Promise<void> => {
    const waitSeconds = await secondsToWait(attempts, request);
    const form = await readForm(request);
    const next = placeAfterLogin(form.get("next"));
    if (waitSeconds > 0) {
      ctx.log.warn({}, "operator logins from one address are refused for a minute");
      response.set("Retry-After", String(waitSeconds));
      return sendReply(response, loginPage({ next, failure: { kind: "wait", waitSeconds } }));
    }
    const given = { user: form.get("user") ?? "", password: form.get("password") ?? "" };
    if (!isOperator(operator, given)) {
      ctx.log.warn({}, "an operator login failed");
      return sendReply(response, loginPage({ next, failure: { kind: "wrong" } }));
    }
    ctx.log.info({}, "an operator logged in");
    response.set("Set-Cookie", sessionCookie(sessions.issue(), isSecure(request)));
    sendReply(response, redirect(next));
  };

  const router = express.Router({ caseSensitive: true });
  router.get("/login", (request, response) => {
    const next: unknown = request.query["next"];
    sendReply(response, loginPage({ next: placeAfterLogin(next) }));
  });
  router.post("/login", logIn);
  router.post("/logout", (request, response) => {
    response.set("Set-Cookie", endedCookie(isSecure(request)));
    sendReply(response, redirect("/ops/login"));
  });
  return router;
}

/** 0 when this address may try; each try counts, also one with the right password. */
async function secondsToWait(attempts: RateLimiterMemory, request: Request): Promise<number> {
  try {
    await attempts.consume(addressGroup(request.ip));
    return 0;
  } catch (over) {
    if (!(over instanceof RateLimiterRes)) throw over;
    return Math.max(1, Math.ceil(over.msBeforeNext / 1_000));
  }
}

async function readForm(request: Request): Promise<URLSearchParams> {
  const body = await readBody(request, formBytesMax);
  return new URLSearchParams(body.toString("utf8"));
}

function placeAfterLogin(next: unknown): string {
  return typeof next === "string" && ownPlace.test(next) ? next : "/ops";
}
