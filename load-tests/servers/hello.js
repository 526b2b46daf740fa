// What a Node hello costs without a platform: the language's own HTTP server, which does what functions/hello.js does.
//   node hello.js PORT
"use strict";
const http = require("node:http");

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const name = JSON.parse(Buffer.concat(chunks).toString() || "{}").name ?? "world";
    const body = JSON.stringify({ message: "Hello, " + name });
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
});
server.keepAliveTimeout = 600_000;   // the default of 5 s is shorter than a round
server.listen(Number(process.argv[2]), "127.0.0.1");
