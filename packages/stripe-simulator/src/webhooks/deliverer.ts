import { matchesType } from "../api/events.js";
import { show } from "../render.js";
import { type EventRecord, renderEvent } from "../resources/event.js";
import type { EndpointRecord } from "../resources/webhook-endpoint.js";
import { apiVersion, type Simulation } from "../simulation.js";
import type { Book } from "../store/book.js";
import { type Delivery, type DeliverySettings, randomFrom, usualDelivery } from "./delivery.js";
import { type Agents, openAgents, postWebhook } from "./post.js";
import { signPayload } from "./signature.js";

interface Parcel {
  readonly book: Book;
  readonly event: EventRecord;
  readonly endpoint: EndpointRecord;
  readonly delivery: Delivery;
}

const logMax = 50_000;
const reorderSpreadMs = 25;

/** Sends events to webhook endpoints, and does it as badly as it is told to. */
export class Deliverer {
  settings: DeliverySettings = usualDelivery;
  /** Endpoints of the control API, which hear every account. */
  readonly everyAccount = new Map<string, EndpointRecord>();
  private readonly simulation: Simulation;
  private readonly agents: Agents = openAgents(64);
  private random = randomFrom(usualDelivery.seed);
  private queue: Parcel[] = [];
  private held: Parcel[] = [];
  private log: Delivery[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private sending = 0;
  private stopped = false;
  private idleWaiters: (() => void)[] = [];

  constructor(simulation: Simulation) {
    this.simulation = simulation;
  }

  /** Changes how webhooks travel. */
  configure(change: Partial<DeliverySettings>): void {
    this.settings = { ...this.settings, ...change };
    if (change.seed !== undefined) this.random = randomFrom(change.seed);
  }

  /** Sends an event to every endpoint that listens to it. */
  dispatch(book: Book, event: EventRecord): void {
    for (const endpoint of this.listeners(book, event)) {
      for (let copy = 0; copy <= this.settings.duplicate; copy += 1) {
        this.accept(this.parcel(book, event, endpoint));
      }
    }
  }

  /** Sends an event again, whatever the mode. Parallel copies start together; others follow one another. */
  async redeliver(book: Book, event: EventRecord, times: number, parallel: boolean): Promise<void> {
    const parcels = this.listeners(book, event).flatMap((endpoint) =>
      Array.from({ length: times }, () => this.parcel(book, event, endpoint)),
    );
    if (parallel) {
      await Promise.all(parcels.map((parcel) => this.send(parcel)));
      return;
    }
    for (const parcel of parcels) await this.send(parcel);
  }

  /** The endpoints that hear an event: the account's own, its platform's Connect ones, and the control API's. */
  listeners(book: Book, event: EventRecord): EndpointRecord[] {
    const platform = this.simulation.accounts.get(book.accountId)?.platform ?? null;
    const own = book.all("webhook_endpoint").filter((endpoint) => !endpoint.connect);
    const connect = platform === null ? [] : this.connectEndpoints(platform, book.livemode);
    return [...own, ...connect, ...this.everyAccount.values()].filter(
      (endpoint) =>
        endpoint.status === "enabled" && matchesType(endpoint.enabledEvents, event.type),
    );
  }

  private connectEndpoints(platform: string, livemode: boolean): EndpointRecord[] {
    const live = this.simulation.book(platform, true).all("webhook_endpoint");
    const test = livemode ? [] : this.simulation.book(platform, false).all("webhook_endpoint");
    return [...live, ...test].filter((endpoint) => endpoint.connect);
  }

  private parcel(book: Book, event: EventRecord, endpoint: EndpointRecord): Parcel {
    const delivery: Delivery = {
      eventId: event.id,
      type: event.type,
      endpointId: endpoint.id,
      url: endpoint.url,
      status: "waiting",
      attempts: 0,
      lastStatus: null,
    };
    this.log.push(delivery);
    if (this.log.length > logMax * 2) this.log = this.log.slice(-logMax);
    return { book, event, endpoint, delivery };
  }

  private accept(parcel: Parcel): void {
    const { mode, dropTypes, dropRate } = this.settings;
    const lost = matchesType(dropTypes, parcel.event.type) || this.random() < dropRate;
    if (mode === "drop" || lost) {
      parcel.delivery.status = "dropped";
    } else if (mode === "hold") {
      parcel.delivery.status = "held";
      this.held.push(parcel);
    } else {
      this.enqueue(parcel);
    }
  }

  private enqueue(parcel: Parcel): void {
    parcel.delivery.status = "waiting";
    const { delayMs, delayJitterMs, reorder } = this.settings;
    // Events of one change leave together; only a spread of their departures can put them out of order.
    const spreadMs = reorder ? Math.max(delayJitterMs, reorderSpreadMs) : delayJitterMs;
    const delay = delayMs + this.random() * spreadMs;
    this.later(delay, () => {
      this.queue.push(parcel);
      this.pump();
    });
  }

  private later(delayMs: number, act: () => void): void {
    if (this.stopped) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
      this.noticeIdle();
    }, delayMs);
    this.timers.add(timer);
  }

  private pump(): void {
    while (!this.stopped && this.sending < this.settings.parallel && this.queue.length > 0) {
      const at = this.settings.reorder ? Math.floor(this.random() * this.queue.length) : 0;
      const [parcel] = this.queue.splice(at, 1);
      if (parcel) void this.send(parcel);
    }
  }

  private async send(parcel: Parcel): Promise<void> {
    this.sending += 1;
    parcel.delivery.attempts += 1;
    const body = this.bodyFor(parcel.book, parcel.event, parcel.endpoint);
    const status = await postWebhook(
      this.agents,
      {
        url: parcel.endpoint.url,
        signature: signPayload(body, parcel.endpoint.secret, Math.floor(Date.now() / 1_000)),
        timeoutMs: this.settings.timeoutMs,
      },
      body,
    );
    this.sending -= 1;
    this.conclude(parcel, status);
    this.pump();
    this.noticeIdle();
  }

  private conclude(parcel: Parcel, status: number): void {
    const { delivery } = parcel;
    delivery.lastStatus = status;
    if (status >= 200 && status < 300) {
      delivery.status = "delivered";
    } else if (delivery.attempts >= this.settings.attemptsMax || this.stopped) {
      delivery.status = "given_up";
    } else {
      const { retryBaseMs, retryCapMs } = this.settings;
      const wait = Math.min(retryCapMs, retryBaseMs * 2 ** (delivery.attempts - 1));
      this.later(wait, () => {
        this.queue.push(parcel);
        this.pump();
      });
    }
  }

  /** The exact bytes that an endpoint receives for an event. */
  bodyFor(book: Book, event: EventRecord, endpoint: EndpointRecord | null): string {
    const rendered = renderEvent(event, {
      apiVersion: endpoint?.apiVersion ?? apiVersion,
      pendingWebhooks: 1,
      object: show({ simulation: this.simulation, book }, event.subject),
    });
    return JSON.stringify(rendered, null, 2);
  }

  /** The ids of held events, oldest first; an event held for two endpoints is named once. */
  heldEvents(): string[] {
    return [...new Set(this.held.map((parcel) => parcel.event.id))];
  }

  /** Sends what is held, one after another in the order asked for, and gives how many went out. */
  async flush(order: "fifo" | "lifo" | "random" | readonly string[]): Promise<number> {
    const parcels = this.takeHeld(order);
    for (const parcel of parcels) await this.send(parcel);
    return parcels.length;
  }

  private takeHeld(order: "fifo" | "lifo" | "random" | readonly string[]): Parcel[] {
    const held = this.held;
    this.held = [];
    if (order === "fifo") return held;
    if (order === "lifo") return held.reverse();
    if (order === "random") return this.shuffled(held);
    this.held = held.filter((parcel) => !order.includes(parcel.event.id));
    return order.flatMap((id) => held.filter((parcel) => parcel.event.id === id));
  }

  private shuffled(parcels: Parcel[]): Parcel[] {
    const keyed = parcels.map((parcel) => ({ parcel, key: this.random() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ parcel }) => parcel);
  }

  /** The latest deliveries, oldest first. */
  deliveries(): Delivery[] {
    return this.log.slice(-logMax);
  }

  /** How many deliveries to the endpoints of an event are neither answered nor given up. */
  pendingCount(): number {
    return this.sending + this.queue.length + this.timers.size;
  }

  /** Waits until every delivery is answered with 2xx, given up, held or dropped; false when time ran out. */
  async waitForIdle(timeoutMs: number): Promise<boolean> {
    if (this.pendingCount() === 0) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.idleWaiters.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  private noticeIdle(): void {
    if (this.pendingCount() > 0) return;
    const waiters = this.idleWaiters;
    this.idleWaiters = [];
    for (const wake of waiters) wake();
  }

  /** Forgets deliveries, held events and settings. */
  clear(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.queue = [];
    this.held = [];
    this.log = [];
    this.everyAccount.clear();
    this.configure(usualDelivery);
    this.noticeIdle();
  }

  /** Stops sending and closes the connections. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.queue = [];
    this.agents.http.destroy();
    this.agents.https.destroy();
    this.noticeIdle();
  }
}
