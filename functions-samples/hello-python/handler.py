"""JSON in, JSON out; an HTTP request arrives as AWS Lambda's function-URL event.

    curl localhost:8080/function/hello-python -H 'content-type: application/json' -d '{"name":"Ada"}'
    {"message": "Hello, Ada!"}
"""
import json


def handler(event, context):
    body = json.loads(event.get("body") or "{}")
    return {"message": f"Hello, {body.get('name', 'world')}!"}
