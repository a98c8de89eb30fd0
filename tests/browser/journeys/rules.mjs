// A form that lives while it is filled in: fields come and go with the rules, faults are told at once, a status goes step by step, and a
// child table works like a sheet.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

export function describeRules(world) {
  describe("a form with rules", { concurrency: 1 }, () => {
    let visit;
    let page;
    const field = (path) => page.locator(`.f[data-field="${path}"]`);
    const steps = () => page.locator(".rec-h .steps");
    before(async () => {
      visit = await (await Visit.open(world)).signedIn("li.na");
      page = visit.page;
    });
    after(() => visit?.context.close());

    test("a field comes when a rule shows it, is asked for, goes again, and nothing jumps", async () => {
      await visit.go("/forms/customer/new");
      const reason = field("grade_reason");
      assert.ok(await reason.isHidden(), "it is not there before");
      const box = field("grade_locked").getByRole("switch");
      await box.scrollIntoViewIfNeeded();
      const top = () => box.evaluate((element) => Math.round(element.getBoundingClientRect().top));
      const before = await top();
      await box.click();
      await reason.waitFor();
      assert.equal(await reason.locator(".req").count(), 1);
      assert.ok(Math.abs((await top()) - before) <= 1, "what was clicked stays where it was");
      await reason.getByRole("textbox").fill("每年采购额大");
      await box.click();
      await reason.waitFor({ state: "hidden" });
      await box.click();
      await reason.waitFor();
      assert.equal(await reason.getByRole("textbox").inputValue(), "每年采购额大", "what was typed is kept");
    });

    test("what a rule refuses is told at its field while the rest is filled in", async () => {
      await visit.go("/forms/lead/new");
      const company = field("company").getByRole("textbox");
      await company.fill("Nordwald");
      await company.fill("");
      await company.press("Tab");
      await field("company").locator(".err").waitFor();
      assert.match(await field("company").locator(".err").innerText(), /至少填写一项/);
      await field("email").getByRole("textbox").fill("anna@nordwald.example");
      await field("company").locator(".err").waitFor({ state: "detached" });
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("nothing is asked while a word is composed", async () => {
      await visit.go("/forms/lead/new");
      const keys = await visit.context.newCDPSession(page);
      const asked = [];
      page.on("request", (request) => request.url().endsWith("/preview") && asked.push(request.postData()));
      await field("company").getByRole("textbox").focus();
      for (const text of ["mu", "mu'ye", "木业"]) {
        await keys.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
        await visit.settle();
      }
      assert.deepEqual(asked, []);
      const answered = page.waitForResponse((response) => response.url().endsWith("/preview"));
      await keys.send("Input.insertText", { text: "木业" });
      assert.match((await answered).request().postData(), /木业/);
    });

    test("a status shows where it may go; a step that asks for more is taken on the form", async () => {
      const token = await page.locator('meta[name="fw-csrf"]').getAttribute("content");
      const data = { company: "Steps GmbH", source: "fair", country: "DE", product_line: "hardware" };
      const answer = await visit.context.request.post(`${world.address}/api/records/lead`, { data, headers: { "X-CSRF-Token": token } });
      assert.equal(answer.status(), 201, await answer.text());
      const made = await answer.json();
      await visit.go(`/forms/lead/${made.id}`);
      assert.equal(await steps().locator(".is-now").innerText(), "新建");
      assert.deepEqual(await steps().getByRole("button").allInnerTexts(), ["已分配"]);
      await visit.leaveBy(() => steps().getByRole("button", { name: "已分配" }).click());
      assert.equal(await steps().locator(".is-now").innerText(), "已分配");
      assert.deepEqual(await steps().getByRole("button").allInnerTexts(), ["已联系", "无效"]);
      await visit.leaveBy(() => steps().getByRole("button", { name: "无效" }).click());
      assert.match(visit.path, /\/edit\?status=invalid$/);
      await field("invalid_reason").waitFor();
      assert.ok(await field("status").getByRole("radio", { name: "无效" }).isChecked());
      assert.ok(await field("status").getByRole("radio", { name: "已转化" }).isDisabled());
      await page.locator("header.top [data-save]").click();
      await field("invalid_reason").locator(".err").waitFor();
      await field("invalid_reason").locator("select").selectOption({ label: "同行" });
      await visit.leaveBy(() => page.locator("header.top [data-save]").click());
      assert.equal(await steps().locator(".is-now").innerText(), "无效");
      assert.deepEqual(await visit.findings(), []);
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("rows are pasted, filled down, ordered and taken back like those of a sheet", async () => {
      await visit.go("/forms/customer/new");
      const grid = page.locator('.grid-w[data-path="social"]');
      const accounts = () => grid.locator('tbody [data-path$="/account"] input').evaluateAll((inputs) => inputs.map((input) => input.value));
      await grid.locator("[data-add]").click();
      const cell = (row) => grid.locator(`tbody [data-path="social/${row}/account"] input`);
      await cell(0).focus();
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.setData("text/plain", 'one\n"two\nlines"\nthree\n');
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
      });
      await cell(2).waitFor();
      assert.deepEqual(await accounts(), ["one", "twolines", "three"]);
      // two cells are taken together and filled from the first
      await cell(1).focus();
      await page.keyboard.press("Shift+ArrowDown");
      assert.equal(await grid.locator("td.is-range").count(), 2);
      await page.keyboard.press("Control+d");
      assert.deepEqual(await accounts(), ["one", "twolines", "twolines"]);
      await page.locator("#toasts").getByRole("button", { name: "撤销" }).last().click();
      assert.deepEqual(await accounts(), ["one", "twolines", "three"]);
      await cell(2).focus();
      await page.keyboard.press("Alt+ArrowUp");
      assert.deepEqual(await accounts(), ["one", "three", "twolines"]);
      await page.keyboard.press("ArrowUp");
      assert.equal(await page.evaluate(() => document.activeElement?.value), "one");
      await grid.locator("[data-fill]").click();
      assert.deepEqual(await accounts(), ["one", "one", "one"]);
      assert.deepEqual(visit.takeFaults(), []);
    });
  });
}
