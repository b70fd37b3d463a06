// node client.cjs URL NAME: a chat client in the terminal. Says what it reads, prints what it hears.
// Names below localhost.localstack.cloud are this machine, whatever DNS says.

const { createInterface } = require("node:readline");
const WebSocket = require("ws");

const [url, name] = process.argv.slice(2);
const lookup = (host, options, done) =>
  options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
const here = new URL(url).hostname.endsWith(".localhost.localstack.cloud");
const socket = new WebSocket(`${url}?name=${encodeURIComponent(name)}`, here ? { lookup } : {});

socket.on("open", () => {
  console.log("connected");
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => socket.send(line.startsWith("{") ? line : JSON.stringify({ action: "say", text: line })));
  lines.on("close", () => socket.close(1000));
});
socket.on("message", (text) => console.log(text.toString()));
socket.on("close", (code) => { console.log(`closed ${code}`); process.exit(0); });
socket.on("error", (error) => { console.log(`refused: ${error.message}`); process.exit(1); });
