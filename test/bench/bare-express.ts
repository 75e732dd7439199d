/**
 * What accepting usage is compared with: an Express server that parses the same JSON, says 202 and keeps nothing. A
 * process of its own, as the product's.
 */
import type { AddressInfo } from "node:net";
import express from "express";

const app = express();
app.post("/v1/usage", express.json(), (_request, response) => {
  response.sendStatus(202);
});
const server = app.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ msg: "ready", url: `http://127.0.0.1:${port}` })}\n`);
});
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
