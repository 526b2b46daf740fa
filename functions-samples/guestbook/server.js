// An ordinary Express application, deployed as it is: it serves HTTP on $PORT. GET /live is a stream of server-sent events.
// Entries live in the instance's memory: they are gone when it has scaled to zero.
//
//   curl localhost:8080/function/guestbook/entries -H 'content-type: application/json' -d '{"name":"Ada","text":"hello"}'
//   curl localhost:8080/function/guestbook/entries
//   curl -N localhost:8080/function/guestbook/live

const express = require("express");

const entriesMax = 1000;
const entries = [];
const listeners = new Set();

const app = express();
app.use(express.json({ limit: "16kb" }));

app.get("/entries", (request, response) => response.json(entries));

app.post("/entries", (request, response) => {
  const { name, text } = request.body ?? {};
  if (typeof name !== "string" || typeof text !== "string" || !name || !text) {
    return response.status(400).json({ error: "an entry has a name and a text" });
  }

  const entry = { name, text, at: new Date().toISOString() };
  entries.push(entry);
  entries.splice(0, entries.length - entriesMax);
  for (const listener of listeners) {
    listener.write(`data: ${JSON.stringify(entry)}\n\n`);
  }
  response.status(201).json(entry);
});

app.get("/live", (request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write(": connected\n\n");
  listeners.add(response);
  request.on("close", () => listeners.delete(response));
});

const server = app.listen(process.env.PORT, () => console.log(`guestbook on port ${process.env.PORT}`));
process.on("SIGTERM", () => {
  listeners.forEach((listener) => listener.end());
  server.close();
});
