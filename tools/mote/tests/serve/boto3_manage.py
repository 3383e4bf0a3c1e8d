"""Manages functions of the node at argv[1] as boto3's users and Terraform's provider do.

argv[2] is the folder of a service, argv[3] an image of another.
"""

import base64
import hashlib
import io
import os
import sys
import zipfile

import boto3
from botocore.exceptions import ClientError

url, source, image = sys.argv[1:]
client = boto3.client("lambda", endpoint_url=url)
ROLE = "arn:aws:iam::000000000000:role/any"


def archive(files):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in files.items():
            written.writestr(name, content)
    return memory.getvalue()


def files(folder, *names):
    return {name: open(os.path.join(folder, name), "rb").read() for name in names}


def refused(code, action, **request):
    try:
        action(**request)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"{request} was not refused")


def answer(name, **more):
    return client.invoke(FunctionName=name, Payload=b"Ada", **more)["Payload"].read()


with open(image, "rb") as opened:
    other = archive({"other.image": opened.read()})
manifest = b"""[package]
name = "hello"
version = "0.1.0"
edition = "2024"
[dependencies]
mote-service = "0.1.0"
[workspace]
"""
first = archive(files(source, "src/lib.rs") | {"Cargo.toml": manifest})

# As Terraform's provider does: create, wait, look, and so on.
created = client.create_function(
    FunctionName="hello",
    Runtime="provided.al2023",
    Role=ROLE,
    Handler="handle",
    Code={"ZipFile": first},
    Environment={"Variables": {"MOTE_BUDGET_US": "2000000", "MOTE_MODE": "discard"}},
    Tags={"team": "a"},
    Publish=True,
)
assert created["ResponseMetadata"]["HTTPStatusCode"] == 201, created
assert created["CodeSha256"] == base64.b64encode(hashlib.sha256(first).digest()).decode()
assert created["CodeSize"] == len(first) and created["Role"] == ROLE, created
client.get_waiter("function_active_v2").wait(FunctionName="hello")
found = client.get_function(FunctionName="hello")
assert found["Configuration"]["State"] == "Active", found
assert found["Tags"] == {"team": "a"}, found
versions = client.list_versions_by_function(FunctionName="hello")["Versions"]
assert [version["Version"] for version in versions] == ["$LATEST", "1"], versions
client.get_function_code_signing_config(FunctionName="hello")
assert answer("hello") == b"Hello, Ada!"
refused(
    "ResourceConflictException",
    client.create_function,
    FunctionName="hello",
    Runtime="provided",
    Role=ROLE,
    Handler="h",
    Code={"ZipFile": other},
)

# A new version, an alias for the old one, and back.
client.update_function_code(FunctionName="hello", ZipFile=other)
client.get_waiter("function_updated_v2").wait(FunctionName="hello")
assert answer("hello") != b"Hello, Ada!"
assert answer("hello", Qualifier="1") == b"Hello, Ada!"
assert client.publish_version(FunctionName="hello")["Version"] == "2"
assert client.publish_version(FunctionName="hello")["Version"] == "2", "nothing has changed"
alias = client.create_alias(FunctionName="hello", Name="live", FunctionVersion="1")
assert answer("hello", Qualifier="live") == b"Hello, Ada!"
assert answer(alias["AliasArn"]) == b"Hello, Ada!"
refused("ResourceConflictException", client.delete_function, FunctionName="hello", Qualifier="1")
client.update_alias(FunctionName="hello", Name="live", FunctionVersion="2")
assert answer("hello:live") != b"Hello, Ada!"
assert client.get_alias(FunctionName="hello", Name="live")["FunctionVersion"] == "2"
assert len(client.list_aliases(FunctionName="hello")["Aliases"]) == 1
client.delete_function(FunctionName="hello", Qualifier="1")
refused("ResourceNotFoundException", client.invoke, FunctionName="hello", Qualifier="1")
client.delete_alias(FunctionName="hello", Name="live")
refused("ResourceNotFoundException", client.get_alias, FunctionName="hello", Name="live")

# Settings.
updated = client.update_function_configuration(
    FunctionName="hello",
    Description="text",
    Environment={"Variables": {"MOTE_GRACE_US": "77"}},
)
assert updated["Environment"] == {"Variables": {"MOTE_GRACE_US": "77"}}, updated
assert updated["Description"] == "text" and updated["Handler"] == "handle", updated
for variables in ({"MOTE_MODE": "gentle"}, {"SECRET": "swordfish" * 456}, {"a b": "swordfish"}):
    response = refused(
        "InvalidParameterValueException",
        client.update_function_configuration,
        FunctionName="hello",
        Environment={"Variables": variables},
    )
    assert "swordfish" not in str(response), response
refused(
    "PreconditionFailedException",
    client.update_function_configuration,
    FunctionName="hello",
    RevisionId="another",
)

# Tags.
arn = updated["FunctionArn"]
client.tag_resource(Resource=arn, Tags={"b": "c d"})
assert client.list_tags(Resource=arn)["Tags"] == {"team": "a", "b": "c d"}
client.untag_resource(Resource=arn, TagKeys=["team", "b"])
assert client.list_tags(Resource=arn)["Tags"] == {}

# What is no code.
for code in (b"noise", archive({"README": b"text"}), archive({"../Cargo.toml": b""})):
    refused(
        "InvalidParameterValueException",
        client.update_function_code,
        FunctionName="hello",
        ZipFile=code,
    )
broken = archive({"Cargo.toml": manifest, "src/lib.rs": b"#![no_std]\nfn nothing() {"})
response = refused(
    "InvalidParameterValueException",
    client.update_function_code,
    FunctionName="hello",
    ZipFile=broken,
)
assert "does not build" in response["Error"]["Message"], response

# Pages of a list.
for name in ("a", "b"):
    client.create_function(
        FunctionName=name, Runtime="provided", Role=ROLE, Handler="h", Code={"ZipFile": other}
    )
pages = client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
assert [[f["FunctionName"] for f in page["Functions"]] for page in pages] == [["a", "b"], ["hello"]]

client.delete_function(FunctionName="hello")
refused("ResourceNotFoundException", client.get_function, FunctionName="hello")
