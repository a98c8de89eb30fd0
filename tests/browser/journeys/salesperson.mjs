// A salesperson sees the own customers and nothing of what the role hides.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

const HIDDEN = /信用额度|credit_limit|credit limit/i;

export function describeSalesperson(world) {
  describe("a salesperson", { concurrency: 1 }, () => {
    let visit;
    let page;
    before(async () => {
      visit = await (await Visit.open(world)).signedIn("zhang.wei");
      page = visit.page;
    });
    after(() => visit?.context.close());

    test("the list has only customers of which the person is the owner", async () => {
      await visit.go("/forms/customer?sort=code");
      const owners = await page.locator('#records td[data-label="业务员"]').allInnerTexts();
      assert.ok(owners.length > 5);
      assert.deepEqual([...new Set(owners.map((text) => text.split(/\s+/).at(-1)))], ["张伟"]);
      const count = Number(await page.locator("#records").getAttribute("data-count"));
      assert.equal(count, owners.length);
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("another's customer is not found", async () => {
      await visit.go("/forms/customer?q=Sakura");
      assert.match(await page.locator(".empty").innerText(), /没有符合条件/);
      const manager = await (await Visit.open(world)).signedIn("li.na");
      await manager.go("/forms/customer?q=C00001");
      const href = await manager.page.locator("#records td.name a").getAttribute("href");
      assert.ok(HIDDEN.test(await manager.page.content()), "a manager has the field");
      await manager.end();
      const answer = await page.goto(`${world.address}${href}`);
      assert.equal(answer.status(), 404);
      assert.ok(!(await page.content()).includes("Sakura"));
      visit.takeFaults();
    });

    test("the credit limit is on no page, not even in its source", async () => {
      await visit.go("/forms/customer");
      const record = await page.locator("#records td.name a").first().getAttribute("href");
      const id = /forms\/customer\/([0-9a-f-]+)/.exec(record)[1];
      const paths = ["/forms/customer", record, `/forms/customer/${id}/edit`, "/forms/customer/new", "/search?q=GmbH", "/"];
      for (const path of paths) {
        await visit.go(path);
        const source = await page.content();
        const found = HIDDEN.exec(source);
        assert.equal(found && source.slice(found.index - 60, found.index + 60), null, path);
      }
      visit.takeFaults();
    });

    test("a hidden field that is asked for by name stays away", async () => {
      await visit.go("/forms/customer?columns=code,company,credit_limit_usd&sort=-credit_limit_usd");
      assert.ok((await page.getByRole("columnheader").allInnerTexts()).every((title) => !/信用额度/.test(title)));
      const answer = await page.context().request.get(`${world.address}/api/records/customer?select=company,credit_limit_usd`);
      assert.ok(answer.status() >= 400 || !(await answer.text()).includes("credit_limit_usd\":"), String(answer.status()));
      visit.takeFaults();
    });

    test("the pages of administrators are not linked and not opened", async () => {
      await visit.go("/");
      assert.equal(await page.locator('#side a[href*="/admin/"]').count(), 0);
      for (const path of ["/admin/people", "/admin/departments", "/admin/roles", "/admin/audit"]) {
        const answer = await page.goto(`${world.address}${path}`);
        assert.ok([403, 404].includes(answer.status()), `${path}: ${answer.status()}`);
      }
      visit.takeFaults();
    });
  });
}
