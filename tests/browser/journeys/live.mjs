// Two people at once: what one does, the other is told of, quietly.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

export function describeLive(world) {
  describe("two people at once", { concurrency: 1 }, () => {
    let visit;
    let page;
    let other;
    let headers;
    let customer;
    before(async () => {
      visit = await (await Visit.open(world)).signedIn("li.na");
      page = visit.page;
      other = await Visit.open(world);
      const signed = await other.context.request.post(`${world.address}/api/session`, { data: { login: "admin", password: world.password } });
      headers = { "X-CSRF-Token": (await signed.json()).csrf };
      // one that both of them may read: an import before may have left customers of nobody
      const list = await visit.context.request.get(`${world.address}/api/records/customer?limit=1`);
      customer = (await list.json()).items[0].id;
    });
    after(async () => {
      await visit?.context.close();
      await other?.context.close();
    });
    /** Done when the page that is coming listens. */
    const listening = () => page.waitForResponse((response) => response.url().endsWith("/api/events"));
    const change = async (note) => {
      const answer = await other.context.request.patch(`${world.address}/api/records/customer/${customer}`, { data: { note }, headers });
      assert.equal(answer.status(), 200);
    };

    test("a list says that something has changed, moves nothing, and waits for a word that is being composed", async () => {
      const listens = listening();
      await visit.go("/forms/customer");
      await listens;
      const top = await page.locator("#records").boundingBox();
      await page.locator(".in-find input").focus();
      await page.evaluate(() => document.activeElement.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true })));
      // it listens before anything happens
      await page.evaluate(() => {
        const say = (name) => document.querySelector(`meta[name="${name}"]`).content;
        const channel = new BroadcastChannel(`fw-live:${say("fw-base")}:${say("fw-login")}`);
        window.told = new Promise((resolve) => channel.addEventListener("message", () => resolve(true), { once: true }));
      });
      await change("one");
      await page.evaluate(() => window.told);
      assert.equal(await page.locator("#live-hint").count(), 0);
      await page.evaluate(() => document.activeElement.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true })));
      await page.locator("#live-hint").waitFor();
      assert.match(await page.locator("#live-hint").innerText(), /有 1 条记录/);
      assert.deepEqual(await page.locator("#records").boundingBox(), top);
      const again = listening();
      await visit.leaveBy(() => page.locator("#live-hint").click());
      await again;
      assert.equal(await page.locator("#live-hint").count(), 0);
    });

    test("a mention rings the bell and leads to the record, which says when somebody changes it", async () => {
      const said = await other.context.request.post(`${world.address}/api/records/customer/${customer}/comments`, { data: { text: "@li.na 请看" }, headers });
      assert.equal(said.status(), 201);
      await page.locator("[data-unread]:not([hidden])").first().waitFor();
      await visit.leaveBy(() => page.locator("[data-bell]").first().click());
      const listens = listening();
      await visit.leaveBy(() => page.locator("[data-notification]").first().click());
      await listens;
      assert.equal(visit.path, `/forms/customer/${customer}`);
      assert.ok(await page.locator("[data-unread]").first().isHidden());
      await change("two");
      await page.locator("#live-hint").waitFor();
      assert.match(await page.locator("#live-hint").innerText(), /已被他人修改/);
      assert.deepEqual(visit.takeFaults(), []);
    });
  });
}
