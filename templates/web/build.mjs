// Builds styles, scripts, texts and icons into one folder: `node build.mjs FOLDER`. With `--test` it runs the unit tests instead.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const source = join(here, "src");
const target = ["chrome108", "safari15.4", "firefox115"];

/** All files below a folder. */
function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

/** The dark colours are written once, for `data-theme="dark"`; a reader whose theme follows the device gets the same block by media query. */
const systemTheme = {
  name: "system-theme",
  setup(builder) {
    builder.onLoad({ filter: /tokens\.css$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const dark = /:root\[data-theme="dark"\]\s*\{([^}]*)\}/.exec(text);
      if (!dark) throw new Error("tokens.css has no block for the dark theme");
      return { contents: `${text}\n@media (prefers-color-scheme: dark) { :root[data-theme="system"] {${dark[1]}} }\n`, loader: "css" };
    });
  },
};

/** One SVG of all icons that templates and scripts name, and of those a form may choose. */
function sprite() {
  const named = new Set(readFileSync(join(here, "icons.txt"), "utf8").split(/\s+/).filter((word) => /^[a-z0-9-]+$/.test(word)));
  const files = [...walk(join(here, "../html")), ...walk(source).filter((file) => file.endsWith(".ts"))];
  for (const file of files) {
    for (const match of readFileSync(file, "utf8").matchAll(/\bicon(?:\(|: )"([a-z0-9-]+)"/g)) named.add(match[1]);
  }
  const names = [...named].sort();
  const symbols = names.map((name) => {
    const text = readFileSync(join(here, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
    const inner = text.replace(/<!--[^]*?-->/g, "").replace(/^[^]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s+/g, " ").replace(/> </g, "><").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner}</symbol>`;
  });
  return { names, text: `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>` };
}

/** The texts that scripts show, for one language, as a script that runs before them; those of the designer lie apart. */
function texts(locale, ofDesigner) {
  const all = JSON.parse(readFileSync(join(here, "../locales", `${locale}.json`), "utf8"));
  const own = Object.entries(all).filter(([key]) => key.startsWith("js.") && key.startsWith("js.design.") === ofDesigner);
  return `globalThis.formwrightTexts=Object.assign(globalThis.formwrightTexts??{},${JSON.stringify(Object.fromEntries(own.map(([key, text]) => [key.slice(3), text])))});`;
}

/** The scripts that an entry brings along when it is loaded, itself first; what it imports later is not among them. */
function loads(outputs, path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === "import-statement") loads(outputs, next, found);
  return found;
}

function compress(file) {
  const bytes = readFileSync(file);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  const gzip = gzipSync(bytes, { level: 9 });
  if (brotli.length < bytes.length) writeFileSync(`${file}.br`, brotli);
  if (gzip.length < bytes.length) writeFileSync(`${file}.gz`, gzip);
}

async function bundle(out) {
  mkdirSync(out, { recursive: true });
  const entries = ["app.css", "app.ts", "list.ts", "record.ts", "form.ts", "import.ts", "account.ts", "admin.ts", "designer.ts", "designer.css"];
  const result = await build({
    absWorkingDir: here,
    entryPoints: entries.map((name) => join(source, name)),
    outdir: out,
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    target,
    entryNames: "[name]-[hash]",
    chunkNames: "part-[hash]",
    metafile: true,
    legalComments: "none",
    logLevel: "warning",
    plugins: [systemTheme],
  });
  const files = {};
  const loaded = {};
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    if (!output.entryPoint || !entries.includes(basename(output.entryPoint))) continue;
    const plain = basename(output.entryPoint).replace(/\.ts$/, ".js");
    files[plain] = basename(path);
    if (plain.endsWith(".js")) loaded[plain] = [...loads(result.metafile.outputs, path)].map((file) => basename(file));
  }
  const write = (name, text) => {
    const dot = name.lastIndexOf(".");
    const hash = createHash("sha256").update(text).digest("base64url").replace(/[-_]/g, "").slice(0, 8).toUpperCase();
    files[name] = `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
    writeFileSync(join(out, files[name]), text);
  };
  const icons = sprite();
  write("icons.svg", icons.text);
  write("mark.svg", readFileSync(join(source, "mark.svg"), "utf8"));
  for (const locale of ["en", "zh-CN"]) {
    write(`texts-${locale}.js`, texts(locale, false));
    write(`designer-texts-${locale}.js`, texts(locale, true));
  }
  const application = { name: "Formwright", short_name: "Formwright", start_url: "../", scope: "../", display: "standalone", background_color: "#f6f7f9", theme_color: "#2d5bd3", icons: [{ src: files["mark.svg"], sizes: "any", type: "image/svg+xml" }] };
  write("app.webmanifest", JSON.stringify(application));
  for (const file of walk(out)) compress(file);
  writeFileSync(join(out, "manifest.json"), JSON.stringify({ files, loads: loaded, icons: icons.names }));
}

async function test() {
  const out = mkdtempSync(join(tmpdir(), "formwright-test-"));
  const tests = walk(source).filter((file) => file.endsWith(".test.ts"));
  await build({ absWorkingDir: here, entryPoints: tests, outdir: out, bundle: true, platform: "node", format: "esm", outExtension: { ".js": ".mjs" }, logLevel: "warning" });
  const outcome = spawnSync(process.execPath, ["--test", ...walk(out)], { stdio: "inherit" });
  rmSync(out, { recursive: true });
  process.exitCode = outcome.status ?? 1;
}

const argument = process.argv[2];
if (argument === "--test") await test();
else if (argument) await bundle(resolve(argument));
else throw new Error("usage: node build.mjs FOLDER | --test");
