import json


def handler(event, context):
    return {"message": "Hello, " + json.loads(event.get("body") or "{}").get("name", "world")}
