// The first page with its numbers, the keys, what a person wants to be told, and a lost connection.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

export function describeWorkplace(world) {
  describe("the workplace of a sales manager", { concurrency: 1 }, () => {
    let visit;
    let page;
    before(async () => {
      visit = await (await Visit.open(world)).signedIn("li.na");
      page = visit.page;
    });
    after(() => visit?.context.close());

    test("the first page counts what is due, and the list behind a number has as many records", async () => {
      await visit.go("/");
      const lists = page.locator("[data-counted]");
      assert.ok((await lists.count()) >= 4);
      const numbers = await lists.locator("[data-count]").allInnerTexts();
      for (const number of numbers) assert.match(number, /^[\d,]+\+?$/);
      const at = numbers.findIndex((number) => Number(number) > 0);
      assert.ok(at >= 0, `something is due: ${numbers}`);
      await visit.leaveBy(() => lists.nth(at).click());
      assert.equal(await page.locator("#records").getAttribute("data-count"), numbers[at]);
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("a question mark shows the keys of the page, and Escape gives the focus back", async () => {
      await visit.go("/forms/customer");
      const search = page.getByRole("searchbox");
      await search.focus();
      await page.keyboard.press("?");
      assert.equal(await page.getByRole("dialog").count(), 0, "in a field it is a letter");
      await page.getByRole("button", { name: "键盘快捷键" }).focus();
      await page.keyboard.press("?");
      const dialog = page.getByRole("dialog", { name: "键盘快捷键" });
      await dialog.waitFor();
      const words = await dialog.innerText();
      assert.match(words, /新建[^]*N/);
      assert.doesNotMatch(words, /上一条/, "a list has no record before");
      assert.deepEqual(await visit.findings(), []);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      assert.equal(await page.evaluate(() => document.activeElement?.hasAttribute("data-help")), true);
    });

    test("the search over all names the form of what it finds", async () => {
      await page.keyboard.press("Control+k");
      await page.locator("dialog.pal input").fill("Nordwald");
      const found = page.locator("dialog.pal").getByRole("option", { name: /Nordwald Industrial GmbH/ });
      await found.first().waitFor();
      assert.match((await found.allInnerTexts()).join("\n"), /Nordwald Industrial GmbH\s+客户/);
      await page.keyboard.press("Escape");
    });

    test("what is switched off is not told any more", async () => {
      await visit.go("/notifications");
      await visit.leaveBy(() => page.getByRole("link", { name: "通知设置" }).click());
      const mention = page.getByRole("switch", { name: "有人提到您" });
      assert.equal(await mention.isChecked(), true);
      const stored = async () => (await (await visit.context.request.get(`${world.address}/api/notifications/preferences`)).json()).events;
      await Promise.all([page.waitForResponse((answer) => answer.request().method() === "PUT"), mention.uncheck()]);
      await page.locator("#toasts").getByText("已保存").waitFor();
      assert.deepEqual(await stored(), { mention: { in_app: false }, job: { in_app: true } });
      await page.reload();
      assert.equal(await mention.isChecked(), false);
      await Promise.all([page.waitForResponse((answer) => answer.request().method() === "PUT"), mention.check()]);
      assert.equal((await stored()).mention.in_app, true);
      assert.deepEqual(await visit.findings(), []);
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("who lives in another zone than the company is told in which one a time is", async () => {
      const zone = async (time_zone) => {
        const headers = { "X-CSRF-Token": await page.locator("meta[name=fw-csrf]").getAttribute("content"), Origin: world.address };
        assert.equal((await visit.context.request.patch(`${world.address}/api/me`, { data: { time_zone }, headers })).status(), 200);
      };
      const next = page.getByRole("columnheader", { name: "下次跟进时间" });
      await visit.go("/forms/follow_up");
      assert.doesNotMatch(await next.innerText(), /\//);
      await zone("Europe/Berlin");
      await visit.go("/forms/follow_up");
      assert.match(await next.innerText(), /Europe\/Berlin/);
      await visit.leaveBy(() => page.locator("#records td.name a").first().click());
      const moment = page.locator("#overview time").filter({ hasText: "Europe/Berlin" });
      assert.match(await moment.first().innerText(), /^\d{4}-\d\d-\d\d \d\d:\d\d Europe\/Berlin$/);
      await visit.leaveBy(() => page.getByRole("banner").getByRole("link", { name: "编辑" }).click());
      assert.match(await page.locator('.f[data-field="next_at"] label').innerText(), /Europe\/Berlin/);
      await zone(null);
      await visit.go("/forms/follow_up");
      assert.doesNotMatch(await next.innerText(), /\//);
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("without a connection the page says so until there is one again", async () => {
      await visit.go("/forms/customer/new");
      await visit.context.setOffline(true);
      const note = page.locator(".offline");
      await note.waitFor();
      assert.match(await note.innerText(), /网络已断开/);
      await visit.context.setOffline(false);
      await note.waitFor({ state: "detached" });
      visit.takeFaults();
    });
  });
}
