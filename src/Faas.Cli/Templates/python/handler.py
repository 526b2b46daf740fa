"""A Python handler, with AWS Lambda's signature.

Over HTTP the event is Lambda's function-URL event (payload 2.0); `faas invoke` and
POST /v1/functions/NAME/invocations pass their JSON as it is.
Packages go into a requirements.txt beside this file; `faas deploy` installs them.
"""
import json


def handler(event, context):
    body = json.loads(event.get("body") or "{}") if "requestContext" in event else event
    return {"message": f"Hello, {body.get('name', 'world')}!"}
