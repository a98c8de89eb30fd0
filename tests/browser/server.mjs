// The built binary with the demo in a folder of its own, started once for the whole suite.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BINARY = process.env.FORMWRIGHT_BIN ?? new URL("../../target/debug/formwright", import.meta.url).pathname;
const START_MILLIS = 60_000;

/** A port of this machine that nobody listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts an installation. Gives its address, the password of the demo accounts, and `stop`. */
export async function startServer() {
  // the key lies beside the data folder: both are below one that goes as a whole
  const folder = mkdtempSync(join(tmpdir(), "formwright-browser-"));
  const data = join(folder, "data");
  const port = await freePort();
  const child = spawn(BINARY, ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, "--demo"], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TZ: "UTC" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const last = [];
  try {
    const password = await new Promise((resolve, reject) => {
      let found = null;
      const late = setTimeout(() => reject(new Error(`the server does not start:\n${last.join("\n")}`)), START_MILLIS);
      const settle = (run) => {
        clearTimeout(late);
        run();
      };
      child.once("error", (error) => settle(() => reject(error)));
      child.once("exit", (code) => settle(() => reject(new Error(`the server ended with ${code}:\n${last.join("\n")}`))));
      createInterface({ input: child.stderr }).on("line", (line) => {
        last.push(line);
        if (last.length > 30) last.shift();
        found ??= /^\s+(demo-[0-9a-f]+)$/.exec(line)?.[1] ?? null;
        if (/\bserving\b/.test(line)) settle(() => (found ? resolve(found) : reject(new Error("no password of the demo was printed"))));
      });
    });
    return { address: `http://127.0.0.1:${port}`, password, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
