import { connect } from "node:net";

/** Instead of `fetch`: sends the beginning of a request, waits, and reads what the server says to that. */
export async function beginOnly(url: string): Promise<Response> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n`);
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return new Response(body, { status: Number(head.split(" ")[1]) });
}
