"""Statistics of a CSV file: for each column how many values it has, and of numbers the smallest, largest and mean.

    curl localhost:8080/function/csv-stats --data-binary @sales.csv -H 'content-type: text/csv'
    {"rows": 3, "columns": {"city": {"count": 3, "distinct": 2}, "price": {"count": 3, "min": 1.5, "max": 4.0, "mean": 2.5}}}
"""
import base64
import csv
import io
import json
import math


class BadCsv(Exception):
    """The caller's input is no usable CSV; the message says where."""


def handler(event, context):
    try:
        header, rows = read_rows(event)
        columns = {name: describe([row[i] for row in rows]) for i, name in enumerate(header)}
        return answer(200, {"rows": len(rows), "columns": columns})
    except BadCsv as error:
        return answer(400, {"error": str(error)})


def read_rows(event):
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body).decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadCsv(f"the body is not UTF-8: {error.reason} at byte {error.start}") from None
    if not body.strip():
        raise BadCsv("the body is empty; send a CSV file with a header line")

    reader = csv.reader(io.StringIO(body.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        if len(set(header)) != len(header) or not all(header):
            raise BadCsv("line 1: column names must be present and different")
        rows = []
        for values in reader:
            if not values:
                continue
            if len(values) != len(header):
                raise BadCsv(f"line {reader.line_num}: {len(values)} values for {len(header)} columns")
            rows.append(values)
        return header, rows
    except csv.Error as error:
        raise BadCsv(f"line {reader.line_num}: {error}") from None


def describe(values):
    present = [value.strip() for value in values if value.strip()]
    numbers = [number for number in map(as_number, present) if number is not None]
    if present and len(numbers) == len(present):
        return {"count": len(numbers), "min": min(numbers), "max": max(numbers), "mean": math.fsum(numbers) / len(numbers)}
    return {"count": len(present), "distinct": len(set(present))}


def as_number(text):
    try:
        number = float(text)
    except ValueError:
        return None
    # "nan" and "inf" are words to a reader of CSV, and JSON has no way to write them.
    return number if math.isfinite(number) else None


def answer(status, value):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(value)}
