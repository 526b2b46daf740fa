// How many bytes the body has.
exports.handler = async (event) => String(Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8").length);
