// Makes calls through the official Node.js SDK: one call a line on stdin, its answer a line on stdout.
// Arguments: the SDK's folder, the endpoint, the region; the keys are in the environment, as the SDK's users have them.
const readline = require("readline");

const [folder, endpoint, region] = process.argv.slice(2);
const { dts } = require(folder);
const { TENCENTCLOUD_SECRET_ID: secretId, TENCENTCLOUD_SECRET_KEY: secretKey } = process.env;

function client({ version, signing, verb }) {
  const { Client } = dts[`v${version.replaceAll("-", "")}`];
  return new Client({
    credential: { secretId, secretKey },
    region,
    profile: { signMethod: signing, httpProfile: { endpoint, protocol: "http://", reqMethod: verb, reqTimeout: 20 } },
  });
}

async function answer(call) {
  try {
    return { answer: await client(call)[call.action](call.params) };
  } catch (error) {
    return { code: error.code || "", message: String(error.message) };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
}

main();
