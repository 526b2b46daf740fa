// JSON in, JSON out, as an ES module.
//
//   curl localhost:8080/function/hello-node -H 'content-type: application/json' -d '{"name":"Ada"}'
//   {"message":"Hello, Ada!"}

export async function handler(event) {
  const { name = "world" } = JSON.parse(event.body || "{}");
  return { message: `Hello, ${name}!` };
}
