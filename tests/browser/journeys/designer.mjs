// An app for after-sales tickets, built from nothing: once by mouse, once by keyboard alone; published; used by the person it was made for.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

/** The twelve fields of a ticket: type, title. */
const FIELDS = [
  ["serial", "工单编号"],
  ["text", "标题"],
  ["choice", "类别"],
  ["status", "工单状态"],
  ["date", "受理日期"],
  ["user", "处理人"],
  ["text", "客户"],
  ["text", "联系电话"],
  ["money", "赔付金额"],
  ["boolean", "需要上门"],
  ["long_text", "问题描述"],
  ["table", "处理记录"],
];
const COLUMNS = [
  ["date", "处理日期"],
  ["text", "内容"],
];

export function describeDesigner(world) {
  describe("designing an app", { concurrency: 1 }, () => {
    let visit;
    let page;
    before(async () => {
      visit = await (await Visit.open(world)).signedIn("admin");
      page = visit.page;
    });
    after(() => visit?.context.close());

    const title = () => page.locator(".dz-props-b").getByLabel("名称", { exact: true });
    const tile = (type) => page.locator(`[data-drag="type:${type}"]`);
    const paths = () => page.locator("#canvas .dz-field").evaluateAll((all) => all.map((card) => card.dataset.path));
    const saved = () => page.locator('.dz-saving[data-mood="saved"]').waitFor();
    const chosen = () => page.locator("#canvas .is-on").getAttribute("data-path");

    /** Gives the selected field its title and waits until it has its name. */
    const name = async (words) => {
      const before = await chosen();
      await title().fill(words);
      await title().press("Tab");
      await page.waitForFunction((old) => document.querySelector("#canvas .is-on")?.dataset.path !== old, before);
      return chosen();
    };

    /** What went wrong on the page, but for plans of drafts that are not ready yet: the designer asks for them to say what is missing. */
    const faults = () => visit.takeFaults().filter((fault) => !fault.startsWith("422 ") && !fault.includes("status of 422"));

    const drag = async (from, to, x = 0.5, y = 0.5) => {
      await from.scrollIntoViewIfNeeded();
      const [a, b] = [await from.boundingBox(), await to.boundingBox()];
      await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
      await page.mouse.down();
      await page.mouse.move(b.x + b.width * x, b.y + b.height * y, { steps: 6 });
      await page.locator(".dz-line:not([hidden])").waitFor();
      await page.mouse.up();
    };

    const create = async (button, words, wanted) => {
      await page.getByRole("button", { name: button }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("名称", { exact: true }).fill(words);
      await dialog.getByLabel("标识").fill(wanted);
      await visit.leaveBy(() => dialog.getByRole("button", { name: "创建" }).click());
    };

    test("by mouse: twelve fields are dragged onto a form, with a child table, and saved as a draft", async () => {
      await visit.go("/design");
      await create("新建应用", "售后服务", "after_sales");
      assert.equal(visit.path, "/design/after_sales");
      await create("新建表单", "售后工单", "ticket");
      assert.equal(visit.path, "/design/after_sales/form/ticket");
      for (const [index, [type, words]] of FIELDS.entries()) {
        const cards = page.locator("#canvas .dz-field");
        const count = await cards.count();
        if (count === 0) await drag(tile(type), page.locator(".dz-zone").first());
        else await drag(tile(type), cards.last(), 0.9, 0.95);
        await page.waitForFunction((wanted) => document.querySelectorAll("#canvas .dz-field").length === wanted, count + 1);
        await name(words);
        assert.equal(await page.locator("#canvas .dz-field").count(), index + 1);
      }
      const table = await chosen();
      for (const [type, words] of COLUMNS) {
        await drag(tile(type), page.locator(".dz-table"), 0.95, 0.5);
        await page.locator(".dz-col.is-on").waitFor();
        await name(words);
      }
      assert.deepEqual(await page.locator(".dz-col .trunc").allInnerTexts(), ["处理日期", "内容"]);
      assert.equal(table, "chu_li_ji_lu");
      await saved();
      assert.equal(await visit.overflow(), 0);
      assert.deepEqual(await visit.findings(), []);
    });

    test("what is dragged elsewhere is undone and redone, and a reload finds the draft", async () => {
      const before = await paths();
      await drag(page.locator(`#canvas .dz-field[data-path="${before[4]}"]`), page.locator(`#canvas .dz-field[data-path="${before[0]}"]`), 0.1, 0.3);
      const moved = await paths();
      assert.deepEqual(moved.slice(0, 2), [before[4], before[0]]);
      await page.getByRole("button", { name: "撤销" }).click();
      assert.deepEqual(await paths(), before);
      await page.getByRole("button", { name: "重做" }).click();
      assert.deepEqual(await paths(), moved);
      await saved();
      await visit.go("/design/after_sales/form/ticket");
      assert.deepEqual(await paths(), moved);
    });

    test("JSON beside the form shows what is done on it", async () => {
      await page.keyboard.press("Control+j");
      const code = page.locator(".dz-code .cm-content");
      await code.waitFor();
      assert.match(await code.innerText(), /"after_sales"/);
      await page.locator('#canvas .dz-field[data-path="biao_ti"]').click();
      await title().fill("工单标题");
      await code.filter({ hasText: "工单标题" }).waitFor();
      await saved();
      const draft = await page.evaluate(async () => (await (await fetch("/api/definitions/form/ticket?app=after_sales")).json()).draft);
      assert.equal(draft.record.properties.biao_ti.title, "工单标题");
      await page.keyboard.press("Control+j");
    });

    test("a view and a role are made, and the plan says exactly what comes", async () => {
      await page.getByRole("button", { name: "列表视图" }).click();
      await page.getByRole("button", { name: "添加视图" }).last().click();
      const words = page.locator(".dz-view-f").getByLabel("名称", { exact: true });
      await words.fill("全部工单");
      await words.press("Tab");
      await saved();
      await visit.go("/design/after_sales");
      await create("新建角色", "售后专员", "after_sales_staff");
      await page.getByRole("checkbox", { name: "售后工单: 新建" }).check();
      await page.getByRole("checkbox", { name: "售后工单: 编辑" }).check();
      await saved();
      assert.deepEqual(await visit.findings(), []);
      await visit.leaveBy(() => page.getByRole("link", { name: /查看发布计划/ }).click());
      const steps = await page.locator(".dz-class li > code").allInnerTexts();
      for (const code of ["safe:app/after_sales:create", "safe:form/ticket:create"]) assert.ok(steps.includes(code), `${code} in ${steps}`);
      for (const box of await page.locator(".dz-agree input").all()) await box.check();
      await page.getByLabel("发布说明").fill("售后工单第一版");
      assert.deepEqual(await visit.findings(), []);
      await visit.leaveBy(() => page.getByRole("button", { name: "发布", exact: true }).click());
      assert.deepEqual(faults(), []);
    });

    test("the person it was made for files the first ticket, and does not see the designer", async () => {
      const given = await page.evaluate(async () => {
        const csrf = document.querySelector('meta[name="fw-csrf"]').content;
        const users = (await (await fetch("/api/users?q=zhang.wei")).json()).items;
        const user = users.find((one) => one.login === "zhang.wei");
        const roles = [...user.roles.map((held) => held.role ?? held), "after_sales_staff"];
        const answer = await fetch(`/api/users/${user.id}`, { method: "PATCH", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: JSON.stringify({ roles }) });
        return answer.status;
      });
      assert.equal(given, 200);
      const staff = await (await Visit.open(world)).signedIn("zhang.wei");
      assert.equal(await staff.page.locator('.side a[href$="/design"]').count(), 0);
      await staff.go("/forms/ticket/new");
      await staff.page.getByLabel("工单标题").fill("板材开裂");
      await staff.page.getByLabel("客户", { exact: true }).fill("Hamburg Werkzeug");
      await staff.leaveBy(() => staff.page.keyboard.press("Control+s"));
      assert.match(staff.path, /^\/forms\/ticket\/[0-9a-z-]+/);
      const stored = await staff.page.evaluate(async () => (await (await fetch("/api/records/ticket")).json()).items);
      assert.equal(stored.length, 1);
      assert.equal(stored[0].biao_ti, "板材开裂");
      assert.match(stored[0].gong_dan_bian_hao, /^\d{5}$/);
      const refused = await staff.page.goto(`${world.address}/design`);
      assert.equal(refused.status(), 403);
      staff.takeFaults();
      await staff.end();
    });

    test("a field with data that is removed is confirmed by its name, and the way back returns it", async () => {
      await visit.go("/design/after_sales/form/ticket");
      await page.locator('#canvas .dz-field[data-path="ke_hu"]').click();
      await page.keyboard.press("Delete");
      assert.ok(!(await paths()).includes("ke_hu"));
      await saved();
      await visit.leaveBy(() => page.getByRole("link", { name: /查看发布计划/ }).click());
      const go = page.getByRole("button", { name: "发布", exact: true });
      assert.ok(await go.isDisabled());
      await page.getByLabel("输入 ke_hu 以确认").fill("ke_hu");
      await visit.leaveBy(() => go.click());
      await visit.go("/design/after_sales/revisions");
      const before = page.locator(".dz-revs > li").nth(1);
      await before.getByRole("button", { name: "差异" }).click();
      await before.locator(".dz-change").first().waitFor();
      await before.getByRole("button", { name: "回退到此" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "回退到此" }).waitFor();
      for (const box of await dialog.locator(".dz-agree input").all()) await box.check();
      await visit.leaveBy(() => dialog.getByRole("button", { name: "回退到此" }).click());
      const records = await page.evaluate(async () => (await (await fetch("/api/records/ticket")).json()).items);
      assert.equal(records[0].ke_hu, "Hamburg Werkzeug");
      assert.deepEqual(faults(), []);
    });

    test("by keyboard alone: a form of twelve fields with a child table, moved, undone, and saved", async () => {
      await visit.go("/design/after_sales");
      // the dialog of a new form, by keys
      await page.getByRole("button", { name: "新建表单" }).focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      assert.equal(await page.evaluate(() => document.activeElement?.tagName), "INPUT");
      await page.keyboard.type("回访");
      await page.keyboard.press("Tab");
      await page.waitForFunction(() => [...document.querySelectorAll("dialog input.mono")].some((input) => input.value));
      await visit.leaveBy(() => page.keyboard.press("Enter"));
      assert.match(visit.path, /^\/design\/after_sales\/form\//);
      for (const [type, words] of FIELDS) {
        await page.locator(".dz-find input").focus();
        await page.keyboard.press("Control+a");
        await page.keyboard.type(type);
        await tile(type).focus();
        await page.keyboard.press("Enter");
        await page.locator("#canvas .dz-field.is-on").waitFor();
        await page.locator("#canvas .is-on").focus();
        await page.keyboard.press("Enter");
        const before = await chosen();
        await page.keyboard.type(words);
        await page.keyboard.press("Tab");
        await page.waitForFunction((old) => document.querySelector("#canvas .is-on")?.dataset.path !== old, before);
      }
      assert.equal((await paths()).length, 12);
      const order = await paths();
      await page.locator("#canvas .is-on").focus();
      await page.keyboard.press("Home");
      await page.keyboard.press("ArrowDown");
      const walked = await chosen();
      await page.keyboard.press("Alt+ArrowDown");
      const moved = await paths();
      assert.equal(moved.indexOf(walked), order.indexOf(walked) + 1);
      assert.equal(await page.evaluate(() => document.activeElement?.dataset.path), walked);
      await page.keyboard.press("Control+z");
      assert.deepEqual(await paths(), order);
      await page.keyboard.press("Control+Shift+z");
      assert.deepEqual(await paths(), moved);
      await saved();
      assert.deepEqual(faults(), []);
    });

    test("two designers at once: what both touched is asked, the rest is joined", async () => {
      const other = await (await Visit.open(world)).signedIn("admin");
      await visit.go("/design/after_sales/form/ticket");
      await other.go("/design/after_sales/form/ticket");
      const retitle = async (who, path, words) => {
        await who.page.locator(`#canvas .dz-field[data-path="${path}"]`).click();
        const input = who.page.locator(".dz-props-b").getByLabel("名称", { exact: true });
        await input.fill(words);
        await input.press("Tab");
      };
      await retitle(other, "ke_hu", "客户名称");
      await other.page.locator('.dz-saving[data-mood="saved"]').waitFor();
      // another field: joined without a question
      await retitle(visit, "lian_xi_dian_hua", "电话");
      await page.locator(".toast").filter({ hasText: "已合并" }).waitFor();
      await saved();
      let draft = await page.evaluate(async () => (await (await fetch("/api/definitions/form/ticket?app=after_sales")).json()).draft);
      assert.deepEqual([draft.record.properties.ke_hu.title, draft.record.properties.lian_xi_dian_hua.title], ["客户名称", "电话"]);
      // the same place: asked, and mine is chosen
      await retitle(other, "ke_hu", "买方");
      await other.page.locator(".toast").filter({ hasText: "已合并" }).waitFor();
      await other.page.locator('.dz-saving[data-mood="saved"]').waitFor();
      await retitle(visit, "ke_hu", "采购方");
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("radio").first().check();
      await dialog.getByRole("button", { name: "采用所选" }).click();
      await saved();
      draft = await page.evaluate(async () => (await (await fetch("/api/definitions/form/ticket?app=after_sales")).json()).draft);
      assert.equal(draft.record.properties.ke_hu.title, "采购方");
      const conflicts = [...faults(), ...other.takeFaults()].filter((fault) => !fault.startsWith("409 ") && !fault.includes("status of 409"));
      assert.deepEqual(conflicts, []);
      await other.end();
    });
  });
}
