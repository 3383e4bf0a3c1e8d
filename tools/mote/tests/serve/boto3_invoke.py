"""Invokes functions of the node at argv[1] as boto3's users do."""

import base64
import json
import sys
import time
import urllib.request

import boto3
from botocore.exceptions import ClientError

client = boto3.client("lambda", endpoint_url=sys.argv[1])


def refused(code, **request):
    try:
        client.invoke(**request)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"{request} was not refused")


reply = client.invoke(FunctionName="hello", Payload=b"Ada")
assert reply["StatusCode"] == 200 and reply["ExecutedVersion"] == "$LATEST", reply
assert reply["Payload"].read() == b"Hello, Ada!"
assert "FunctionError" not in reply and "LogResult" not in reply, reply
assert len(reply["ResponseMetadata"]["RequestId"]) == 36, reply

arn = "arn:aws:lambda:us-east-1:000000000000:function:hello"
reply = client.invoke(FunctionName=arn, Qualifier="1", Payload=b"Ada")
assert reply["ExecutedVersion"] == "1", reply

reply = client.invoke(FunctionName="spin", Payload=b"")
error = json.loads(reply["Payload"].read())
assert reply["StatusCode"] == 200 and reply["FunctionError"] == "Unhandled", reply
assert error["errorType"] == "over_budget" and error["stackTrace"] == [], error

reply = client.invoke(FunctionName="logs", Payload=b"x", LogType="Tail")
log = base64.b64decode(reply["LogResult"]).decode()
assert len(log) <= 4096 and "REPORT RequestId" in log, log

reply = client.invoke_with_response_stream(FunctionName="hello", Payload=b"Ada")
events = list(reply["EventStream"])
assert [list(event) for event in events] == [["PayloadChunk"], ["InvokeComplete"]], events
assert events[0]["PayloadChunk"]["Payload"] == b"Hello, Ada!", events
assert "ErrorCode" not in events[1]["InvokeComplete"], events
reply = client.invoke_with_response_stream(FunctionName="spin", LogType="Tail")
(event,) = reply["EventStream"]
assert event["InvokeComplete"]["ErrorCode"] == "Unhandled", event
assert json.loads(event["InvokeComplete"]["ErrorDetails"])["errorType"] == "over_budget", event
assert base64.b64decode(event["InvokeComplete"]["LogResult"]).startswith(b"START"), event

reply = client.invoke(FunctionName="hello", InvocationType="DryRun")
assert reply["StatusCode"] == 204, reply

reply = client.invoke(FunctionName="logs", InvocationType="Event", Payload=b"x")
assert reply["StatusCode"] == 202 and reply["Payload"].read() == b"", reply
assert "FunctionError" not in reply and "ExecutedVersion" not in reply, reply
refused("ResourceNotFoundException", FunctionName="nobody", InvocationType="Event")
done = 'mote_event_changes_total{what="done"} 1\n'
deadline = time.monotonic() + 60
while done not in urllib.request.urlopen(sys.argv[1] + "/metrics").read().decode():
    assert time.monotonic() < deadline, "the event does not run"
    time.sleep(0.05)

reply = refused("ResourceNotFoundException", FunctionName="nobody")
assert reply["ResponseMetadata"]["HTTPStatusCode"] == 404, reply
assert "Function not found: arn:aws:lambda" in reply["Error"]["Message"], reply
assert reply["Type"] == "User", reply

refused("InvalidParameterValueException", FunctionName="hello:1", Qualifier="2")
refused("RequestTooLargeException", FunctionName="hello", Payload=b"x" * ((6 << 20) + 1))
