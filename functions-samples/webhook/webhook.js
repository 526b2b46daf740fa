// Receives GitHub webhooks: checks X-Hub-Signature-256 and answers with a line about what happened. The secret is WEBHOOK_SECRET in faas.yaml.
//
//   BODY='{"action":"opened","repository":{"full_name":"ada/engine"},"sender":{"login":"ada"}}'
//   SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac change-me | cut -d' ' -f2)
//   curl localhost:8080/function/webhook -H "x-hub-signature-256: sha256=$SIGNATURE" -H 'x-github-event: issues' \
//     -H 'content-type: application/json' -d "$BODY"

const { createHmac, timingSafeEqual } = require("node:crypto");

exports.handler = async (event) => {
  const method = event.requestContext.http.method;
  if (method !== "POST") {
    return { statusCode: 405, headers: { allow: "POST" }, body: "POST only" };
  }

  // The signature covers the bytes as sent, so verify before parsing.
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (!isSigned(body, event.headers["x-hub-signature-256"])) {
    console.warn("refused a delivery with a wrong or missing signature");
    return { statusCode: 401, body: "wrong or missing x-hub-signature-256" };
  }

  const kind = event.headers["x-github-event"] ?? "unknown";
  if (kind === "ping") {
    return { statusCode: 200, body: "pong" };
  }

  let payload;
  try {
    payload = JSON.parse(body);
  } catch {
    return { statusCode: 400, body: "the body is not JSON" };
  }

  const summary = [kind, payload.action, payload.repository?.full_name, payload.sender?.login].filter(Boolean).join(" ");
  console.log(summary);
  return { statusCode: 202, body: summary };
};

function isSigned(body, header) {
  const expected = Buffer.from("sha256=" + createHmac("sha256", process.env.WEBHOOK_SECRET).update(body).digest("hex"));
  const given = Buffer.from(header ?? "");
  // timingSafeEqual throws on different lengths; the length is no secret.
  return given.length === expected.length && timingSafeEqual(given, expected);
}
