// Invokes functions of the node at argv[2] as users of the AWS SDK for JavaScript do.

const assert = require("node:assert");
const { LambdaClient, InvokeCommand, ListFunctionsCommand } = require("@aws-sdk/client-lambda");

async function main() {
  const client = new LambdaClient({ endpoint: process.argv[2], region: "us-east-1", maxAttempts: 1 });
  const invoke = (input) => client.send(new InvokeCommand(input));
  const text = (reply) => Buffer.from(reply.Payload).toString();

  const hello = await invoke({ FunctionName: "hello", Payload: "Ada", LogType: "Tail" });
  assert.equal(text(hello), "Hello, Ada!");
  assert.equal(hello.ExecutedVersion, "$LATEST");
  assert.match(Buffer.from(hello.LogResult, "base64").toString(), /^START RequestId/);

  const spin = await invoke({ FunctionName: "spin" });
  assert.equal(spin.FunctionError, "Unhandled");
  assert.equal(JSON.parse(text(spin)).errorType, "over_budget");

  await assert.rejects(invoke({ FunctionName: "nobody" }), { name: "ResourceNotFoundException" });
  const { Functions } = await client.send(new ListFunctionsCommand({}));
  assert.deepEqual(Functions.map((found) => found.FunctionName), ["errors", "hello", "logs", "spin"]);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
