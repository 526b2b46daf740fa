import decimal
import json
import logging
import os
import uuid

logger = logging.getLogger()
logger.setLevel(logging.INFO)

TABLE = os.environ["TABLE_NAME"]
orders = {}


class BadRequest(Exception):
    pass


def respond(status, value):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "X-Table": TABLE},
        "body": json.dumps(value, default=lambda v: float(v) if isinstance(v, decimal.Decimal) else str(v)),
    }


def create(event, context):
    body = json.loads(event.get("body") or "{}")
    if "item" not in body or int(body.get("quantity", 0)) < 1:
        raise BadRequest("item and quantity are required")
    order = {"id": str(uuid.uuid4()), "item": body["item"], "quantity": int(body["quantity"]), "price": decimal.Decimal("9.90")}
    orders[order["id"]] = order
    logger.info("created order %s in request %s, %d ms left", order["id"], context.aws_request_id, context.get_remaining_time_in_millis())
    return respond(201, order)


def lambda_handler(event, context):
    method = event["requestContext"]["http"]["method"]
    path = event["rawPath"]
    try:
        if method == "POST" and path == "/orders":
            return create(event, context)
        if method == "GET" and path.startswith("/orders/"):
            order = orders.get(path.rsplit("/", 1)[1])
            return respond(200, order) if order else respond(404, {"message": "no such order"})
        return respond(405, {"message": "not allowed"})
    except BadRequest as e:
        return respond(400, {"message": str(e)})
