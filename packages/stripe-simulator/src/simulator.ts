import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { currentSession } from "./acts/pay-session.js";
import { answerControl } from "./control/answer-control.js";
import { createControl } from "./control/client.js";
import type { SimulatorControl } from "./control/types.js";
import type { Stage } from "./control/verbs.js";
import { answerApi } from "./http/answer-api.js";
import { Faults } from "./http/faults.js";
import { IdempotencyKeys } from "./http/idempotency.js";
import { RequestLog } from "./http/request-log.js";
import { answerPage, scheduleOutcome } from "./pay-page/answer-page.js";
import { Simulation, sceneOf } from "./simulation.js";
import { openStateFile } from "./store/state-file.js";
import { Deliverer } from "./webhooks/deliverer.js";

/** How a simulator is started. */
export interface SimulatorOptions {
  /** 0 or absent for any free port. */
  readonly port?: number;
  readonly host?: "127.0.0.1";
  /** A JSON file that keeps the objects over a restart. */
  readonly stateFile?: string;
  readonly log?: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** How long a delayed payment of the pay page takes. */
  readonly delayedPaymentMs?: number;
}

/** A running simulator. */
export interface Simulator {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly control: SimulatorControl;
  stop(): Promise<void>;
}

const sweepMs = 1_000;

function sweepSessions(simulation: Simulation): void {
  const now = simulation.now();
  for (const book of simulation.books.values()) {
    for (const session of book.by("checkout.session", "status", "open")) {
      if (session.expiresAt <= now) currentSession(sceneOf(simulation, book), session);
    }
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** Starts a simulator on loopback. Nothing else can reach it. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const host = options.host ?? "127.0.0.1";
  if (!["127.0.0.1", "::1", "localhost"].includes(host)) {
    throw new Error(`The simulator listens on loopback only, not on ${host}.`);
  }
  const log = options.log ?? (() => {});
  const simulation = new Simulation(options.clock ?? Date.now);
  const deliverer = new Deliverer(simulation);
  const stage: Stage = {
    simulation,
    deliverer,
    idempotency: new IdempotencyKeys(),
    faults: new Faults(),
    requests: new RequestLog(),
    sweep: () => sweepSessions(simulation),
  };
  const pages = { simulation, delayMs: options.delayedPaymentMs ?? 3_000 };
  const state = options.stateFile === undefined ? null : openStateFile(stage, options.stateFile);
  simulation.onEvent = (book, event) => {
    log(`event ${event.type} ${event.subject.id}`);
    deliverer.dispatch(book, event);
  };
  const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    answer(stage, pages, request, response).catch((error: unknown) => {
      log(`request failed: ${String(error)}`);
      if (!response.headersSent) response.writeHead(400);
      response.end();
    });
  });
  const port = await listen(server, options.port ?? 0, host);
  const url = `http://${host}:${port}`;
  simulation.publicUrl = url;
  const sweeper = setInterval(stage.sweep, sweepMs);
  sweeper.unref();
  for (const book of simulation.books.values()) {
    for (const session of book.all("checkout.session")) {
      if (session.paymentStatus === "unpaid")
        scheduleOutcome(pages, sceneOf(simulation, book), session);
    }
  }
  log(`stripe simulator at ${url}`);
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    clearInterval(sweeper);
    deliverer.stop();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    await state?.close();
  };
  return {
    url,
    host,
    port,
    control: createControl(url),
    stop: () => (stopping ??= stop()),
  };
}

async function answer(
  stage: Stage,
  pages: { readonly simulation: Simulation; readonly delayMs: number },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = request.url ?? "/";
  if (url.startsWith("/_control/")) return answerControl(stage, request, response);
  if (url.startsWith("/c/pay/")) return answerPage(pages, request, response);
  return answerApi(stage, request, response);
}
