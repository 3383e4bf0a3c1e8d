"""What is set for a function reaches it, and nobody is shown its secrets."""

import sys

import boto3

url, image = sys.argv[1:]
client = boto3.client("lambda", endpoint_url=url)


def answer(body, **more):
    return client.invoke(FunctionName="f", Payload=body, **more)["Payload"].read()


variables = {
    "GREETING": "Hi there",
    "STORE_TOKEN": "swordfish",
    "PLAIN": "swordfish-too",
    "MOTE_SECRETS": "PLAIN",
    "MOTE_BUDGET_US": "900000",
}
with open(image, "rb") as opened:
    code = opened.read()
created = client.create_function(
    FunctionName="f",
    Runtime="provided",
    Role="arn:aws:iam::000000000000:role/mote",
    Handler="h",
    Code={"ZipFile": code},
    Environment={"Variables": variables},
    Publish=True,
)
names = b"GREETING\nSTORE_TOKEN\nPLAIN\nMOTE_BUDGET_US\nOTHER"
expected = b"GREETING=Hi there\nSTORE_TOKEN=swordfish\nPLAIN=swordfish-too\nMOTE_BUDGET_US\nOTHER\n"
assert answer(names) == expected, answer(names)

shown = [
    created,
    client.get_function(FunctionName="f"),
    client.get_function_configuration(FunctionName="f"),
    client.list_functions(),
    client.list_versions_by_function(FunctionName="f"),
]
assert "swordfish" not in str(shown), shown
given = created["Environment"]["Variables"]
assert given["GREETING"] == "Hi there" and given["MOTE_BUDGET_US"] == "900000", given

# What was shown, given back, changes nothing else; a version keeps what it had.
changed = client.update_function_configuration(
    FunctionName="f", Environment={"Variables": given | {"GREETING": "Ho"}}
)
assert "swordfish" not in str(changed), changed
assert answer(b"GREETING\nPLAIN") == b"GREETING=Ho\nPLAIN=swordfish-too\n"
assert answer(b"GREETING", Qualifier="1") == b"GREETING=Hi there\n"
client.update_function_configuration(FunctionName="f", Environment={"Variables": {}})
assert answer(b"GREETING") == b"GREETING\n"
