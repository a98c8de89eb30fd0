// Chromium, and pages that write down what goes wrong on them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WAIT_MILLIS = 15_000;

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export function startBrowser() {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

/** A window of one person; `signIn` goes through the sign-in page. */
export class Visit {
  /** Console errors, exceptions, failed requests and requests to other hosts since the last `takeFaults`. */
  faults = [];
  /** Requests that have no answer yet. A stream of events never ends and is none of them. */
  #open = new Set();

  static async open(world, { size = DESK, locale = "zh-CN", theme = "light" } = {}) {
    const phone = size.width < 500;
    const context = await world.browser.newContext({ viewport: size, locale, colorScheme: theme, timezoneId: "Asia/Shanghai", isMobile: phone, hasTouch: phone });
    context.setDefaultTimeout(WAIT_MILLIS);
    await context.addCookies([
      { name: "fw_locale", value: locale, url: world.address },
      { name: "fw_theme", value: theme, url: world.address },
    ]);
    return new Visit(world, context, await context.newPage());
  }

  constructor(world, context, page) {
    this.world = world;
    this.context = context;
    this.page = page;
    page.on("console", (message) => message.type() === "error" && this.faults.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => this.faults.push(`script: ${error.message}`));
    page.on("response", (response) => response.status() >= 400 && this.faults.push(`${response.status()} ${response.url()}`));
    page.on("request", (request) => {
      if (!request.url().startsWith(world.address) && !/^(data|blob|about):/.test(request.url())) this.faults.push(`another host: ${request.url()}`);
    });
    page.on("request", (request) => request.resourceType() !== "eventsource" && this.#open.add(request));
    page.on("requestfinished", (request) => this.#open.delete(request));
    page.on("requestfailed", (request) => {
      this.#open.delete(request);
      // a page that is left ends its requests
      const why = request.failure()?.errorText ?? "";
      if (why !== "net::ERR_ABORTED") this.faults.push(`${why} ${request.url()}`);
    });
  }

  get path() {
    return decodeURIComponent(this.page.url().slice(this.world.address.length));
  }

  /** The search part of the address, by name. */
  query(name) {
    return new URL(this.page.url()).searchParams.get(name);
  }

  async go(path) {
    const response = await this.page.goto(new URL(path, this.world.address).href);
    assert.equal(response.status(), 200, `${path} answers`);
    await this.settle();
  }

  async signIn(login, password = this.world.password) {
    await this.page.goto(`${this.world.address}/sign-in`);
    await this.page.locator("#login").fill(login);
    await this.page.locator("#password").fill(password);
    await this.page.locator("form[data-sign-in] button.pri").click();
  }

  async signedIn(login) {
    await this.signIn(login);
    await this.page.locator("#side").waitFor({ state: "attached" });
    return this;
  }

  /** Runs `act` and waits until another page has come because of it. */
  async leaveBy(act) {
    await Promise.all([this.page.waitForEvent("load"), act()]);
    await this.settle();
  }

  /** Waits until nothing was asked for half a second. */
  async settle() {
    await this.page.waitForLoadState("load");
    const until = Date.now() + WAIT_MILLIS;
    for (let quiet = 0; quiet < 5; ) {
      assert.ok(Date.now() < until, `requests without an answer: ${[...this.#open].map((request) => request.url())}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      quiet = this.#open.size === 0 ? quiet + 1 : 0;
    }
  }

  takeFaults() {
    return this.faults.splice(0);
  }

  /** How many pixels the page is wider than the window. */
  overflow() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  /** Serious and critical findings of axe. Contrast takes long and does not depend on the width of the window: it can be left out. */
  async findings(contrast = true) {
    await this.page.evaluate(`globalThis.axe ?? (() => { ${AXE} })()`);
    return this.page.evaluate(async (enabled) => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"], rules: { "color-contrast": { enabled } } });
      return violations.filter((found) => ["serious", "critical"].includes(found.impact)).map((found) => `${found.id}: ${found.nodes[0]?.html.slice(0, 160)}`);
    }, contrast);
  }

  /** Nothing went wrong since the visit began or was last asked; then it ends. */
  async end() {
    const faults = this.takeFaults();
    await this.context.close();
    assert.deepEqual(faults, []);
  }
}
