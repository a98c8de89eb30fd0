// What opens an account: a second factor is set up and signed in with, and what is grave asks once more who it is.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { DESK, PHONE, Visit } from "../browser.mjs";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code that an authenticator shows, so many steps of 30 seconds from now. */
function shown(secret, steps = 0) {
  let bits = "";
  for (const letter of secret.replaceAll(" ", "")) bits += LETTERS.indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac("sha1", key).update(counter).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export function describeSecurity(world) {
  describe("what opens an account", { concurrency: 1 }, () => {
    test("an invited person sets a password by the link and is signed in", async () => {
      const admin = await (await Visit.open(world)).signedIn("admin");
      const link = await admin.page.evaluate(async () => {
        const token = document.querySelector("meta[name=fw-csrf]").content;
        const answer = await fetch("/api/users", {
          method: "POST",
          headers: { "content-type": "application/json", "x-csrf-token": token },
          body: JSON.stringify({ login: "new.one", name: "New One", roles: ["salesperson"] }),
        });
        return (await answer.json()).invitation.url;
      });
      await admin.end();
      const visit = await Visit.open(world, { locale: "en" });
      const { page } = visit;
      await visit.go(link);
      for (const field of await page.locator("input[type=password]").all()) await field.fill("plywood and hardware");
      await visit.leaveBy(() => page.locator("button.pri").click());
      assert.equal(visit.path, "/");
      await page.locator("#side").waitFor({ state: "attached" });
      await visit.end();
    });

    test("a second factor is set up by its picture, asked for at the next sign-in, and switched off with a code", async () => {
      for (const [size, locale, login] of [
        [DESK, "en", "zhao.min"],
        [PHONE, "zh-CN", "zhao.min"],
      ]) {
        const visit = await (await Visit.open(world, { size, locale })).signedIn(login);
        const { page } = visit;
        await visit.go("/profile/security");
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing is wider than the screen");
        await page.locator("[data-factor-begin]").click();
        await page.locator("#factor-dialog[open] [data-qr] svg path").waitFor();
        const secret = await page.locator("[data-secret]").inputValue();
        await page.locator("#factor-code").fill("000000");
        await page.locator("#factor-dialog .btn.pri").first().click();
        await page.locator("#factor-dialog [data-error]:not([hidden])").waitFor();
        visit.faults = visit.faults.filter((fault) => !/422/.test(fault));
        await page.locator("#factor-code").fill(shown(secret));
        await page.locator("#factor-dialog .btn.pri").first().click();
        await page.locator("#factor-dialog [data-codes] li").nth(9).waitFor();
        const codes = await page.locator("#factor-dialog [data-codes] li").allTextContents();
        assert.match(codes[0], /^[a-z0-9]{5}-[a-z0-9]{5}$/);
        await page.locator("#factor-dialog [data-done]").click();
        await page.locator("[data-factor-off]").waitFor();

        const second = await Visit.open(world, { size, locale });
        await second.signIn(login);
        await second.page.locator("#code").fill(shown(secret, 1));
        await second.page.locator("form[data-sign-in] button.pri").click();
        await second.page.waitForURL(`${world.address}/`);
        assert.deepEqual(second.faults, []);
        await second.context.close();

        // the session has just been proved by the factor
        await page.locator("[data-factor-off]").click();
        await page.locator("dialog[open] .badfill").click();
        await page.locator("#factor [data-factor-begin].pri").waitFor();
        assert.deepEqual(visit.faults, []);
        await visit.context.close();
      }
    });

    test("who must prove once more who he is does so over the page, and what he asked for is done", async () => {
      const visit = await (await Visit.open(world, { locale: "en" })).signedIn("zhao.min");
      const { page } = visit;
      await visit.go("/profile/security");
      // the first answer is that of a session that was left open; the others are the server's own
      let asked = 0;
      await page.route("**/api/tokens", async (route) => {
        asked += 1;
        if (asked > 1) return route.continue();
        return route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify({ status: 403, code: "step_up_required", ways: ["password"], errors: [] }) });
      });
      await page.locator("[data-open=token-dialog]").click();
      await page.locator("#token-name").fill("Stock import");
      await page.locator("#token-dialog .btn.pri").first().click();
      await page.locator("#again-proof").fill("wrong");
      await page.locator("dialog[open] button[type=submit]").last().click();
      await page.locator("dialog[open] .err:not([hidden])").last().waitFor();
      await page.locator("#again-proof").fill(world.password);
      await page.locator("dialog[open] button[type=submit]").last().click();
      await page.locator("#token-dialog [data-answer]:not([hidden])").waitFor();
      assert.match(await page.locator("#token-dialog [data-token]").inputValue(), /^fwp_/);
      assert.equal(asked, 2);
      visit.faults = visit.faults.filter((fault) => !/40[13]/.test(fault));
      assert.deepEqual(visit.faults, []);
      await visit.context.close();
    });
  });
}
