"""Two tenants sign their requests: boto3 against a node that verifies signatures."""

import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

url, acme, umbrella = sys.argv[1:]


def client(key):
    identifier, secret = key.split(".")
    return boto3.client(
        "lambda",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id=identifier,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


def refused(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("it was not refused")


mine = client(acme)
reply = mine.invoke(FunctionName="hello", Payload=b"Ada", ClientContext="e30=")
assert reply["Payload"].read() == b"Hello, Ada!", reply
arn = "arn:aws:lambda:us-east-1:000000000000:function:hello:1"
assert mine.invoke(FunctionName=arn, Payload=b"Ada")["ExecutedVersion"] == "1"
assert mine.invoke(FunctionName="hello", Qualifier="$LATEST", Payload=b"")["StatusCode"] == 200
assert [it["FunctionName"] for it in mine.list_functions()["Functions"]] == ["hello"]
stream = mine.invoke_with_response_stream(FunctionName="hello", Payload=b"Ada")
events = list(stream["EventStream"])
assert events[0]["PayloadChunk"]["Payload"] == b"Hello, Ada!", events
mine.tag_resource(Resource=arn.rsplit(":", 1)[0], Tags={"a b": "ä/+"})
mine.untag_resource(Resource=arn.rsplit(":", 1)[0], TagKeys=["a b", "c&d"])

other = client(umbrella)
assert other.list_functions()["Functions"] == []
assert refused(lambda: other.invoke(FunctionName="hello")) == "ResourceNotFoundException"
assert refused(lambda: other.delete_function(FunctionName="hello")) == "ResourceNotFoundException"

forged = client(acme.split(".")[0] + "." + umbrella.split(".")[1])
assert refused(lambda: forged.list_functions()) == "InvalidSignatureException"
nobody = client("MOTE0000000000000000." + acme.split(".")[1])
assert refused(lambda: nobody.list_functions()) == "UnrecognizedClientException"

forged = client(acme)


def swap(request, **_):
    request.body = b"Eve"
    request.headers["Content-Length"] = "3"


forged.meta.events.register("before-send.lambda.Invoke", swap)
code = refused(lambda: forged.invoke(FunctionName="hello", Payload=b"Ada"))
assert code == "InvalidSignatureException", code
