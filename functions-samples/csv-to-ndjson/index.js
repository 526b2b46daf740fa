// CSV to newline-delimited JSON, streamed: each line leaves as soon as it is made.
//
//   curl localhost:8080/function/csv-to-ndjson --data-binary @sales.csv -H 'content-type: text/csv'
//   {"city":"Graz","price":"4"}

exports.handler = async function* handler(event) {
  const text = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8").toString();
  const rows = parse(text);
  const header = rows.next().value;
  if (!header) {
    yield { statusCode: 400, headers: { "content-type": "text/plain" } };
    yield "the body is empty; send a CSV file with a header line\n";
    return;
  }

  // The first item with a statusCode is the head of the response; every later one leaves at once.
  yield { statusCode: 200, headers: { "content-type": "application/x-ndjson" } };
  for (const row of rows) {
    yield Object.fromEntries(header.map((name, i) => [name, row[i] ?? ""]));
  }
};

// RFC 4180: quoted fields may hold commas, line breaks and doubled quotes.
function* parse(text) {
  let row = [], field = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') { field += '"'; i++; }
      else quoted = false;
    } else if (c === '"') {
      quoted = true;
    } else if (c === ",") {
      row.push(field);
      field = "";
    } else if (c === "\n") {
      row.push(field.replace(/\r$/, ""));
      if (row.length > 1 || row[0] !== "") yield row;
      row = [];
      field = "";
    } else {
      field += c;
    }
  }
  if (field !== "" || row.length > 0) {
    row.push(field);
    yield row;
  }
}
