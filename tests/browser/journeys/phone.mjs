// On a phone: from the list to a record to its form and back; the drawer and the bar at the bottom.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PHONE, Visit } from "../browser.mjs";

export function describePhone(world) {
  describe("on a phone", { concurrency: 1 }, () => {
    let visit;
    let page;
    before(async () => {
      visit = await (await Visit.open(world, { size: PHONE })).signedIn("zhang.wei");
      page = visit.page;
    });
    after(() => visit?.context.close());

    test("a customer is found in the list, opened, edited and saved", async () => {
      await visit.go("/");
      await visit.leaveBy(() => page.locator(".tabbar").getByRole("link", { name: "客户" }).tap());
      assert.equal(await visit.overflow(), 0);
      await visit.leaveBy(() => page.locator("#records td.name a").first().tap());
      const title = await page.locator("h1.rec-t").innerText();
      assert.equal(await visit.overflow(), 0);
      await visit.leaveBy(() => page.locator(".m-act").getByRole("link", { name: "编辑" }).tap());
      assert.equal(await visit.overflow(), 0);
      await page.getByLabel("简称", { exact: true }).fill("手机改的");
      await visit.leaveBy(() => page.locator(".m-act [data-save]").tap());
      assert.equal(await page.locator("h1.rec-t").innerText(), title);
      assert.match(await page.locator("#overview").innerText(), /手机改的/);
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("a list is sorted from a sheet, where there are no heads of columns", async () => {
      await visit.go("/forms/customer");
      await page.locator("[data-open-sort]").tap();
      const sheet = page.getByRole("dialog", { name: "排序" });
      await sheet.waitFor();
      await visit.leaveBy(() => sheet.getByRole("link", { name: "公司名称" }).tap());
      assert.equal(visit.query("sort"), "company");
      const names = await page.locator("#records td.name .m-only").allInnerTexts();
      assert.ok(names.length > 2 && names[0] < names.at(-1), "A comes first");
      assert.equal(await visit.overflow(), 0);
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("the drawer holds what the bar has no room for, and goes away by a tap beside it", async () => {
      await visit.go("/forms/customer");
      const side = page.locator("#side");
      await page.locator(".tabbar [data-side]").tap();
      await page.waitForFunction(() => (document.getElementById("side")?.getBoundingClientRect().left ?? -1) === 0);
      assert.ok(await side.getByRole("link", { name: "商机" }).isVisible());
      await page.locator(".scrim").tap({ position: { x: 380, y: 400 } });
      await page.waitForFunction(() => (document.getElementById("side")?.getBoundingClientRect().right ?? 1) <= 0 || getComputedStyle(document.getElementById("side")).display === "none");
      assert.equal(await page.locator(".scrim").count(), 0);
      assert.deepEqual(visit.takeFaults(), []);
    });
  });
}
