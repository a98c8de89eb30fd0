// The import wizard with a workbook as people send it: a title above the header, mixed dates and amounts.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

const WORKBOOK = new URL("../../fixtures/messy/customers-messy.xlsx", import.meta.url).pathname;

export function describeImport(world) {
  describe("importing customers", { concurrency: 1 }, () => {
    let visit;
    let page;
    let stored = 0;
    before(async () => {
      visit = await (await Visit.open(world)).signedIn("admin");
      page = visit.page;
      await visit.go("/forms/customer");
      stored = Number(await page.locator("#records").getAttribute("data-count"));
    });
    after(() => visit?.context.close());

    test("the columns of a workbook are matched by their headings", async () => {
      await visit.go("/forms/customer/import");
      await page.locator("#import-file").setInputFiles(WORKBOOK);
      const company = page.getByRole("combobox", { name: "“公司名称 *”导入到" });
      await company.waitFor();
      assert.equal(await company.inputValue(), "company");
      assert.equal(await page.getByRole("combobox", { name: "“国家/地区”导入到" }).inputValue(), "country");
      assert.equal(await page.getByLabel("表头所在行").inputValue(), "3");
    });

    test("checking tells rows that can be imported from rows with faults, and writes nothing", async () => {
      await page.locator("#import-actions .pri").click();
      const figures = page.locator(".plan-n");
      await figures.waitFor();
      const [all, good, bad] = (await figures.locator("b").allInnerTexts()).map(Number);
      assert.ok(all > 50 && good > 0 && bad > 0, `${all} rows, ${good} good, ${bad} bad`);
      assert.equal(good + bad, all);
      const faults = await page.locator(".fx2 tbody tr").allInnerTexts();
      assert.ok(faults.length >= bad);
      for (const text of faults) assert.match(text, /[\u4e00-\u9fff]/);
      const other = await visit.context.newPage();
      await other.goto(`${world.address}/forms/customer`);
      assert.equal(Number(await other.locator("#records").getAttribute("data-count")), stored);
      await other.close();
    });

    test("the good rows are imported and stand in the list", async () => {
      const [, good] = (await page.locator(".plan-n b").allInnerTexts()).map(Number);
      await page.locator("#import-actions .pri").click();
      await page.locator(".note.ok").waitFor();
      assert.equal(Number(await page.locator(".plan-n b").first().innerText()), good);
      await visit.leaveBy(() => page.getByRole("link", { name: "查看列表" }).click());
      assert.equal(Number(await page.locator("#records").getAttribute("data-count")), stored + good);
      assert.deepEqual(visit.takeFaults(), []);
    });
  });
}
