// A sales manager signs in, finds customers, changes one and sees the change in its history.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

export function describeCustomers(world) {
  describe("a sales manager and the customers", { concurrency: 1 }, () => {
    let visit;
    let page;
    const names = () => page.locator("#records tbody td.name").allInnerTexts();
    const column = async (title) => page.locator(`#records tbody td[data-label="${title}"]`).allInnerTexts();

    before(async () => {
      visit = await Visit.open(world);
      page = visit.page;
    });
    after(() => visit?.context.close());

    test("a wrong password is refused with a sentence and keeps the login", async () => {
      await visit.signIn("li.na", "not the password");
      const alert = page.locator("form[data-sign-in] [role=alert]");
      await alert.waitFor();
      assert.match(await alert.innerText(), /密码/);
      assert.equal(await page.locator("#login").inputValue(), "li.na");
      assert.equal(await page.locator("#password").inputValue(), "");
      visit.takeFaults();
    });

    test("the right password opens the home page, with the person's name and apps", async () => {
      await visit.signIn("li.na");
      const heading = page.locator("main h1");
      await page.waitForURL(`${world.address}/`);
      assert.match(await heading.innerText(), /李娜/);
      assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
      await page.locator("#side").getByRole("link", { name: "客户", exact: true }).click();
      await page.waitForURL("**/forms/customer");
      assert.equal(await page.locator("header.top h1").innerText(), "客户");
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("search finds Chinese words within names", async () => {
      await visit.go("/forms/product");
      const search = page.getByRole("searchbox");
      await search.fill("胶合板");
      await visit.leaveBy(() => search.press("Enter"));
      const found = await page.locator("#records tbody tr").allInnerTexts();
      assert.ok(found.length > 1, "several products of plywood");
      for (const row of found) assert.match(row, /胶合板/);
      assert.equal(await page.getByRole("searchbox").inputValue(), "胶合板");
    });

    test("a search without a hit says so and offers to clear it", async () => {
      await visit.go("/forms/customer?q=根本没有这家公司");
      assert.match(await page.locator(".empty h2").innerText(), /没有符合条件的客户/);
      await visit.leaveBy(() => page.locator(".empty").getByRole("link", { name: /清/ }).click());
      assert.equal(visit.query("q"), null);
      assert.ok((await names()).length > 10);
    });

    test("a filter by tag leaves the customers that have it, and its chip takes it away again", async () => {
      await visit.go("/forms/customer");
      const before = await page.locator("#records").getAttribute("data-count");
      await page.getByRole("button", { name: "筛选", exact: true }).click();
      const pop = page.locator("#filter-pop");
      await pop.getByRole("combobox", { name: "字段" }).selectOption("tags");
      await pop.getByRole("combobox", { name: "运算" }).selectOption("has_any");
      const value = pop.locator("[role=combobox][aria-autocomplete]");
      await value.fill("欧洲");
      await pop.getByRole("option", { name: "欧洲", exact: true }).click();
      await visit.leaveBy(() => pop.getByRole("button", { name: "应用" }).click());
      const tags = await column("标签");
      assert.ok(tags.length > 0);
      for (const text of tags) assert.match(text, /欧洲/);
      assert.ok(Number(await page.locator("#records").getAttribute("data-count")) < Number(before));
      const chip = page.locator(".fbar .chip.on");
      assert.match(await chip.innerText(), /标签[^]*欧洲/);
      await visit.leaveBy(() => chip.locator(".chip-x").click());
      assert.equal(await page.locator("#records").getAttribute("data-count"), before);
    });

    test("a click on a heading sorts, a second one sorts the other way", async () => {
      const heading = page.getByRole("columnheader", { name: "公司名称" });
      await visit.leaveBy(() => heading.getByRole("link").click());
      assert.equal(await heading.getAttribute("aria-sort"), "ascending");
      const up = await column("公司名称");
      assert.ok(up[0] < up[5] && up[5] < up.at(-1), "A comes first");
      await visit.leaveBy(() => heading.getByRole("link").click());
      assert.equal(await heading.getAttribute("aria-sort"), "descending");
      const down = await column("公司名称");
      assert.ok(down[0] > down[5] && down[5] > down.at(-1), "Z comes first");
    });

    test("a changed field is saved and stands in the history with its old and its new value", async () => {
      await visit.go("/forms/customer?q=C00002");
      await visit.leaveBy(() => page.locator("#records td.name a").first().click());
      assert.equal(await page.locator("h1.rec-t").innerText(), "Nordwald Industrial GmbH");
      await visit.leaveBy(() => page.getByRole("banner").getByRole("link", { name: "编辑" }).click());
      const city = page.getByLabel("城市", { exact: true });
      assert.equal(await city.inputValue(), "");
      await city.fill("汉堡");
      await visit.leaveBy(() => page.getByRole("button", { name: "保存" }).click());
      assert.equal(await page.locator("h1.rec-t").innerText(), "Nordwald Industrial GmbH");
      assert.match(await page.locator("#toasts").innerText(), /已保存/);
      const newest = page.locator("#history ol > li").first();
      assert.match(await newest.innerText(), /李娜[^]*修改了 1 个字段[^]*城市[^]*—[^]*汉堡/);
      assert.equal(await page.locator("dt", { hasText: /^城市$/ }).locator("xpath=following-sibling::dd").innerText(), "汉堡");
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("leaving a form with changes asks first, and what was typed can be taken up again", async () => {
      await page.keyboard.press("e");
      await page.waitForURL("**/edit");
      const city = page.getByLabel("城市", { exact: true });
      await city.fill("不来梅");
      await page.locator("#draft-note").getByText(/./).first().waitFor();
      await page.locator("header.top [data-cancel]").click();
      const dialog = page.getByRole("dialog");
      await dialog.waitFor();
      assert.match(page.url(), /\/edit$/);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      assert.equal(await city.inputValue(), "不来梅");
      page.once("dialog", (asked) => void asked.accept());
      await page.reload();
      await page.locator("#record-form .note.info button").first().click();
      assert.equal(await page.getByLabel("城市", { exact: true }).inputValue(), "不来梅");
      assert.deepEqual(visit.takeFaults(), []);
    });
  });
}
