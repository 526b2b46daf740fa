"""Says what arrived: the event itself."""
import os
import sys
import time


def handler(event, context):
    path = event.get("rawPath", "")
    if path == "/redirect":
        return {"statusCode": 302, "headers": {"location": "https://example.org/elsewhere?x=1"}}
    if path == "/status":
        return {"statusCode": int(event["queryStringParameters"]["code"]), "body": "as asked"}
    if path == "/cookies":
        return {"statusCode": 200, "cookies": ["a=1; Path=/", "b=2"], "body": ""}
    if path == "/binary":
        return {"statusCode": 200, "headers": {"content-type": "application/octet-stream"}, "body": "AP8QgA==", "isBase64Encoded": True}
    if path == "/sleep":
        time.sleep(0.01)
        return "slept"
    if path == "/log":
        print("to stdout from", context.aws_request_id)
        print("to stderr from", context.aws_request_id, file=sys.stderr)
        return "logged"
    if path == "/context":
        return {
            "id": context.aws_request_id,
            "name": context.function_name,
            "memory": context.memory_limit_in_mb,
            "remaining": context.get_remaining_time_in_millis(),
            "instance": os.environ["FAAS_INSTANCE"],
        }
    return {"event": event}
