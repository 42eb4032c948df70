"""A Lambda function on the bare Runtime API that does what its event says: the tests' package holds it as `bootstrap`."""

import json
import os
import sys
import time
import urllib.request

BASE = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
calls = 0


def post(path, body):
    opener.open(urllib.request.Request(f"{BASE}/{path}", data=json.dumps(body).encode(), method="POST")).close()


while True:
    with opener.open(f"{BASE}/invocation/next") as reply:
        request_id = reply.headers["Lambda-Runtime-Aws-Request-Id"]
        deadline = int(reply.headers["Lambda-Runtime-Deadline-Ms"])
        event = json.load(reply) or {}
    calls += 1
    if "print" in event:
        print(event["print"], flush=True)
    if "sleep" in event:
        time.sleep(event["sleep"])
    if "exit" in event:
        sys.exit(event["exit"])
    if "fail" in event:
        post(f"invocation/{request_id}/error", {"errorMessage": event["fail"], "errorType": "Test.Failure"})
    else:
        # "again" times more there is something left to do, counted over the calls of this environment.
        answer = {"event": event, "process_id": os.getpid(), "calls": calls, "again": calls <= event.get("again", 0),
                  "left_s": (deadline / 1000) - time.time()}
        if event.get("environment"):
            answer["environment"] = dict(os.environ)
        post(f"invocation/{request_id}/response", answer)
