// The import wizard with a workbook as people send it: a title above the header, mixed dates and amounts.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

const GB18030 = new URL("../../fixtures/exchange/gb18030.csv", import.meta.url).pathname;
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

    test("a text file is read in the encoding that is found or chosen", async () => {
      await visit.go("/forms/customer/import");
      await page.locator("#import-file").setInputFiles(GB18030);
      const encoding = page.getByRole("combobox", { name: "编码", exact: true });
      await encoding.waitFor();
      assert.match(await encoding.locator("option:checked").innerText(), /gb18030（自动识别）/i);
      assert.match(await page.locator(".tb tbody").innerText(), /临沂沂蒙木业有限公司/);
      const reread = page.waitForResponse((answer) => answer.url().endsWith("/import/preview"));
      await page.getByRole("combobox", { name: "分隔符" }).selectOption({ label: ";" });
      await reread;
      await page.locator(".tb tbody tr").first().waitFor();
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("refused rows come back as a workbook, which goes in once it is mended", async () => {
      const head = "公司名称,国家/地区,客户来源,主营产品\r\n";
      const rows = (country) => ({ name: "rows.csv", mimeType: "text/csv", buffer: Buffer.from(`\ufeff${head}Mended One GmbH,${country},展会,胶合板\r\n`) });
      await visit.go("/forms/customer/import");
      await page.locator("#import-file").setInputFiles(rows("Atlantis"));
      await page.locator("#import-actions .pri").click();
      await page.locator(".fx2 tbody tr").waitFor();
      assert.match(await page.locator(".card-h .tag").first().innerText(), /^1 处问题$/);
      const coming = page.waitForEvent("download");
      await page.getByRole("link", { name: "下载问题行" }).click();
      const stream = await (await coming).createReadStream();
      const bytes = Buffer.concat(await stream.toArray());
      assert.equal(bytes.subarray(0, 2).toString(), "PK");
      // the workbook itself is taken back as it is: its column of reasons is passed over
      await visit.go("/forms/customer/import");
      await page.locator("#import-file").setInputFiles({ name: "result.xlsx", mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", buffer: bytes });
      assert.equal(await page.getByRole("combobox", { name: "“错误”导入到" }).inputValue(), "");
      await page.locator("#import-actions .pri").click();
      await page.locator(".fx2 tbody tr").waitFor();
      await visit.go("/forms/customer/import");
      await page.locator("#import-file").setInputFiles(rows("德国"));
      await page.locator("#import-actions .pri").click();
      await page.locator(".note.ok").waitFor();
      await page.locator("#import-actions .pri").click();
      await page.getByRole("link", { name: "查看列表" }).waitFor();
      assert.equal(Number(await page.locator(".plan-n b").first().innerText()), 1);
      visit.takeFaults();
    });
  });
}
