// What a Node function can do wrong, by path.
const kinds = {
  ok: () => ({ ok: true }),
  throw: () => { throw new TypeError("on purpose"); },
  reject: () => new Promise((_, reject) => setTimeout(() => reject(new Error("later")), 5)),
  "not-json": () => { const circle = {}; circle.self = circle; return circle; },
  exit: () => process.exit(7),
  loop: () => { for (;;); },
  "throw-outside": () => { setTimeout(() => { throw new Error("outside of the handler"); }, 5); return new Promise(() => {}); },
};

exports.handler = async (event) => kinds[event.rawPath.slice(1)]();
