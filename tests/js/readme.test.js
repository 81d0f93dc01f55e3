/** The examples of the package's README, each as it stands there, in a project that has installed the tarball. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";

import { startBrowser, wasmLoads } from "./console/browser.js";
import { ROOT } from "./node.js";
import { SOON, echoServer, echoed, startAgent, startService, until } from "./programs.js";
import { installed, run } from "./project.js";
import { serving } from "./web-server.js";

const README = readFileSync(resolve(ROOT, "wasm/README.md"), "utf8");

/** What an example names and a test has elsewhere: the service, and ports that are free. */
const HERE = {
  "source.js": { 'region: "eu-west-1"': "url: process.env.DATA_PLANE", "port: 5555": "port: 0" },
  "destination.js": { 'region: "eu-west-1"': "url: process.env.DATA_PLANE", "port: 22": "port: Number(process.env.SERVER_PORT)" },
  "server.js": {
    '"wss://data.tunneling.iot.eu-west-1.amazonaws.com"': "process.env.DATA_PLANE",
    '8080, "127.0.0.1"': '0, "127.0.0.1", () => console.log(`port ${server.address().port}`)',
  },
};

let project, service, browser;
before(async () => {
  project = await installed();
  service = await startService();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
  project?.remove();
});

/** Writes an example into the project. */
function example(name) {
  const [, code] = new RegExp(`^\`\`\`\\w+ ${name}\\n(.*?)^\`\`\`$`, "ms").exec(README) ?? [];
  assert.ok(code, `README has no example ${name}`);
  const [file, here] = Object.entries(HERE[name] ?? {}).reduce(
    ([text, all], [there, ours]) => [text.replace(there, ours), all && text.includes(there)],
    [code, true],
  );
  assert.ok(here, `${name} does not say what the test has elsewhere`);
  writeFileSync(join(project.folder, name), file);
  return name;
}

/** Starts an example as a program, and ends it with the test. */
function start(t, name, env) {
  const child = spawn(process.execPath, [example(name)], {
    cwd: project.folder,
    env: { ...process.env, DATA_PLANE: service.data, NODE_EXTRA_CA_CERTS: service.ready.ca, ...env },
  });
  const program = { said: "" };
  for (const out of [child.stdout, child.stderr]) out.setEncoding("utf8").on("data", (text) => (program.said += text));
  const exited = once(child, "exit");
  t.after(async () => {
    child.kill();
    await exited;
  });
  program.says = (pattern) =>
    until(() => {
      const found = pattern.exec(program.said);
      if (!found && child.exitCode !== null) throw new Error(`${name} has ended: ${program.said}`);
      return found;
    }, `${pattern} of ${name}`);
  return program;
}

test("every example of README is here", () => {
  const names = [...README.matchAll(/^```(?:js|html|ts)(.*)$/gm)].map(([, name]) => name.trim());
  assert.deepEqual(names.sort(), ["console.js", "destination.js", "form.html", "local.js", "server.js", "source.js"]);
});

test("local.js says what its comments say", async () => {
  const said = await run([example("local.js")], { cwd: project.folder });
  const [, code] = /```js local.js\n(.*?)```/s.exec(README);
  const promised = [...code.matchAll(/console\.log\(.*?\); \/\/ (.*)$/gm)].map(([, text]) => text);
  assert.equal(promised.length, 3);
  assert.deepEqual(said.trim().split("\n"), promised);
});

test("form.html shows what is wrong at the field, and sends what is right", async (t) => {
  const bodies = [];
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") return serving(project.folder)(request, response);
    bodies.push([request.url, await new Response(request).text()]);
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => (server.close(), server.closeAllConnections()));
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(`http://127.0.0.1:${server.address().port}/${example("form.html")}`);
  const message = (name) => page.locator(`[name=${name}]`).evaluate((field) => field.validationMessage);
  await until(async () => (await message("tunnelId")) !== "", "the first judgement");
  assert.deepEqual(await wasmLoads(page), []);
  await page.fill("[name=tunnelId]", "no spaces");
  assert.match(await message("tunnelId"), /\[a-zA-Z0-9/);
  await page.fill("[name=tunnelId]", "3fa85f64-5717");
  assert.equal(await message("tunnelId"), "");
  await page.fill("[name=services]", "SSH, R D P");
  assert.match(await message("services"), /\[a-zA-Z0-9/);
  await page.fill("[name=services]", "SSH, RDP");
  assert.equal(await message("services"), "");
  await page.selectOption("[name=clientMode]", "SOURCE");
  assert.match(await message("services"), /SOURCE/);
  await page.click("button");
  await page.selectOption("[name=clientMode]", "DESTINATION");
  await page.click("button");
  await until(() => bodies.length > 0, "the request");
  const body = '{"tunnelId":"3fa85f64-5717","clientMode":"DESTINATION","destinationConfig":{"services":["SSH","RDP"]}}';
  assert.deepEqual(bodies, [["/api/rotate", body]]);
});

test("source.js and destination.js carry bytes", { timeout: 3 * SOON }, async (t) => {
  const server = await echoServer();
  t.after(() => server.close());
  const { sourceAccessToken, destinationAccessToken } = await service.openTunnel(["SSH"]);
  const token = (value) => ({ AWSIOT_TUNNEL_ACCESS_TOKEN: value });
  const destination = start(t, "destination.js", { ...token(destinationAccessToken), SERVER_PORT: String(server.port) });
  await destination.says(/^open$/m);
  const source = start(t, "source.js", token(sourceAccessToken));
  const [, port] = await source.says(/^ssh -p (\d+) localhost$/m);
  const bytes = Buffer.alloc(200_000, "0123456789");
  assert.deepEqual(await echoed(Number(port), bytes), bytes);
});

test("source.js without a token says that one is needed", async (t) => {
  const source = start(t, "source.js", { AWSIOT_TUNNEL_ACCESS_TOKEN: undefined });
  await source.says(/^a new token is needed: none$/m);
});

test("console.js reads a device's page through server.js, and lives through a rotation and a server that is busy", async (t) => {
  const device = createServer((_, response) => response.end("the device's page"));
  await once(device.listen(0, "127.0.0.1"), "listening");
  t.after(() => (device.close(), device.closeAllConnections()));
  const thing = "pump-readme";
  const agent = await startAgent(service, thing, { HTTP: device.address().port });
  t.after(() => agent.stop());
  const { tunnelId } = await service.openTunnel(["HTTP"], thing);
  await until(async () => (await service.describe(tunnelId)).destinationConnectionState.status === "CONNECTED", "the agent");
  writeFileSync(join(project.folder, "page.js"), PAGE_JS);
  example("console.js");
  const server = start(t, "server.js", { CONTROL: service.ready.control, TUNNEL: tunnelId, FILES: import.meta.resolve("./web-server.js") });
  const [, port] = await server.says(/^port (\d+)$/m);
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(`http://127.0.0.1:${port}/console.html`);
  await page.getByText("the device's page").waitFor({ timeout: SOON });
  assert.equal(await page.title(), "open");
  const opened = () => server.said.split('{"type":"opened","side":"source"}').length - 1;
  assert.equal(opened(), 1);
  // The page's token is revoked: it is refused, and asks its server for another one.
  await service.rotate(tunnelId, "SOURCE");
  await until(() => opened() === 2, "the second connection");
  await until(async () => (await page.title()) === "open", "the page's word for it");
  assert.match(server.said, /"type":"refused","side":"source","status":400/);
});

/** What README leaves to the reader: files, and tokens for whoever may have them; none the first time. */
const PAGE_JS = `
const { serving } = await import(process.env.FILES);
const files = serving(import.meta.dirname);
let isBusy = true;

export async function page(request, response) {
  if (request.url === "/console.html") return response.setHeader("content-type", "text/html").end(\`<!doctype html>
    <script type="importmap">{ "imports": { "iot-tunnel": "/node_modules/iot-tunnel/dist/index.js" } }</script>
    <body><script type="module" src="/console.js"></script>\`);
  if (request.url !== "/api/token") return files(request, response);
  if (isBusy) {
    isBusy = false;
    return response.writeHead(503).end("<!doctype html>later");
  }
  const answer = await fetch(process.env.CONTROL, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "IoTSecuredTunneling.RotateTunnelAccessToken" },
    body: JSON.stringify({ tunnelId: process.env.TUNNEL, clientMode: "SOURCE" }),
  });
  response.end((await answer.json()).sourceAccessToken);
}
`;
