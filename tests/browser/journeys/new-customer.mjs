// A new customer with a child row: all faults at once, mended, saved.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

/** Picks a choice by its words in a field with a list. */
async function pick(page, host, words) {
  const native = host.locator("select");
  if ((await native.count()) > 0) {
    await native.selectOption({ label: words });
    return;
  }
  await host.getByRole("combobox").fill(words);
  await host.getByRole("option", { name: words, exact: true }).click();
}

export function describeNewCustomer(world) {
  describe("a new customer", { concurrency: 1 }, () => {
    let visit;
    let page;
    const field = (path) => page.locator(`.f[data-field="${path}"]`);
    const grid = () => page.locator('.grid-w[data-path="social"]');
    before(async () => {
      visit = await (await Visit.open(world)).signedIn("li.na");
      page = visit.page;
    });
    after(() => visit?.context.close());

    test("every fault is said at once, at its field and in a summary, and nothing is saved", async () => {
      await visit.go("/forms/customer/new");
      await page.getByLabel("网址", { exact: true }).fill("not an address");
      await grid().locator("[data-add]").click();
      await pick(page, grid().locator('tbody [data-path="social/0/network"]'), "微信");
      // from within the field that only the server finds faulty
      await page.getByLabel("网址", { exact: true }).focus();
      await page.keyboard.press("Control+s");
      const summary = page.locator("#faults");
      await summary.waitFor();
      const links = await summary.getByRole("link").allInnerTexts();
      for (const name of ["公司名称", "国家/地区", "客户来源", "主营产品"]) assert.ok(links.includes(name), `${name} in ${links}`);
      // what only the server finds comes in the same round
      assert.match(await field("website").locator(".err").innerText(), /请写成 https:\/\/example\.com/);
      assert.match(await summary.innerText(), /社媒账号[^]*第 1 行[^]*账号/);
      for (const path of ["company", "country", "source", "product_lines"]) assert.match(await field(path).locator(".err").innerText(), /必填/, path);
      assert.equal(await page.evaluate(() => document.activeElement?.id), "faults");
      assert.match(page.url(), /\/forms\/customer\/new$/);
      await summary.getByRole("link", { name: "国家/地区" }).click();
      assert.equal(await page.evaluate(() => document.activeElement?.id), "f-country");
    });

    test("what only the server knows comes back to its field and to the cell of the child row", async () => {
      await page.getByLabel("公司名称").fill("临沂木业测试有限公司");
      await pick(page, field("country"), "德国");
      await pick(page, field("source"), "展会");
      await pick(page, field("product_lines"), "胶合板");
      await page.locator("header.top [data-save]").click();
      const cell = grid().locator("tbody .badc");
      await cell.first().waitFor();
      assert.match(await cell.first().getAttribute("data-path"), /^social\/0\/account$/);
      assert.match(await page.locator("#faults").innerText(), /社媒账号[^]*第 1 行[^]*账号/);
      assert.match(page.url(), /\/forms\/customer\/new$/);
      visit.takeFaults();
    });

    test("mended, it is saved with its child row and has the next number", async () => {
      await grid().locator('tbody [data-path="social/0/account"] input').fill("linyi_wood");
      await page.getByLabel("网址", { exact: true }).fill("https://linyi-wood.example");
      await visit.leaveBy(() => page.locator("header.top [data-save]").click());
      assert.equal(await page.locator("h1.rec-t").innerText(), "临沂木业测试有限公司");
      assert.match(await page.locator("main").innerText(), /C\d{5}/);
      assert.match(await page.locator("#table-social").innerText(), /微信[^]*linyi_wood/);
      assert.match(await page.locator("#history").innerText(), /李娜[^]*新建了记录/);
      await visit.go("/forms/customer?q=木业测试");
      assert.equal(await page.locator("#records tbody tr").count(), 1);
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("the same customer is not entered twice", async () => {
      await visit.go("/forms/customer/new");
      await page.getByLabel("公司名称").fill("临沂木业测试有限公司");
      assert.equal(await page.locator(".dups .note").count(), 0, "a name alone, without its country, says nothing");
      await pick(page, field("country"), "德国");
      const found = page.locator(".dups .note.bad");
      await found.waitFor();
      assert.match(await found.innerText(), /已有相同的记录[^]*临沂木业测试有限公司[^]*业务员：李娜/);
      assert.match(await found.getByRole("link").getAttribute("href"), /\/forms\/customer\/[0-9a-f-]{36}$/);
      await pick(page, field("source"), "展会");
      await pick(page, field("product_lines"), "胶合板");
      await page.locator("header.top [data-save]").click();
      await page.locator("#faults:not([hidden]), .toasts > *").first().waitFor();
      assert.match(page.url(), /\/forms\/customer\/new$/);
      visit.takeFaults();
    });

    test("a contact whose address is known elsewhere names the customer and who looks after it", async () => {
      const get = async (path) => (await (await visit.context.request.get(`${world.address}${path}`)).json()).items;
      const customers = new Map((await get("/api/records/customer?select=company,owner&limit=200")).map((one) => [one.id, one]));
      const known = (await get("/api/records/contact?select=email,customer&limit=200")).find((one) => one.email && customers.get(one.customer)?.owner);
      const people = new Map((await get("/api/users?limit=200")).map((one) => [one.id, one.name]));
      const { company, owner } = customers.get(known.customer);
      await visit.go("/forms/contact/new");
      const note = page.locator(".dups .note.bad");
      await page.getByLabel("邮箱", { exact: true }).fill(known.email.toUpperCase());
      await note.waitFor();
      const words = await note.innerText();
      assert.match(words, /不能重复保存/);
      assert.ok(words.includes(company), words);
      assert.ok(words.includes(`业务员：${people.get(owner)}`), words);
      assert.match(await note.getByRole("link").getAttribute("href"), new RegExp(`/forms/customer/${known.customer}$`));
      // the note stands below the field that it is about
      const [field, found] = [await page.locator('.f[data-field="email"]').boundingBox(), await note.boundingBox()];
      assert.ok(found.y > field.y, "the field stays where it was");
      await visit.go(`/forms/contact/new?customer=${known.customer}`);
      await Promise.all([page.waitForResponse((answer) => answer.url().endsWith("/api/records/customer/duplicates")), page.getByLabel("邮箱", { exact: true }).fill(known.email)]);
      await visit.settle();
      assert.equal(await page.locator(".dups .note").count(), 0, "the customer itself is no other one");
      visit.takeFaults();
    });

    test("of a customer whom one may not see only what its form tells is told", async () => {
      const other = await (await Visit.open(world)).signedIn("zhang.wei");
      const get = async (one, path) => (await (await one.context.request.get(`${world.address}${path}`)).json()).items;
      const seen = new Set((await get(other, "/api/records/customer?select=company&limit=500")).map((one) => one.id));
      const hidden = (await get(visit, "/api/records/customer?select=company,country,owner&limit=500")).find((one) => one.owner && !seen.has(one.id));
      await other.go(`/forms/customer/new?country=${hidden.country}`);
      await other.page.getByLabel("公司名称").fill(hidden.company);
      const note = other.page.locator(".dups .note.bad");
      await note.waitFor();
      const words = await note.innerText();
      assert.match(words, /您无权查看的记录[^]*业务员：/);
      assert.ok(!words.includes(hidden.company), words);
      assert.equal(await note.getByRole("link").count(), 0);
      await other.end();
    });
  });
}
