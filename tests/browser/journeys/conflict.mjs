// Two people change one record: nobody's words are overwritten unseen. And what a form says when it cannot be saved.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

export function describeConflict(world) {
  describe("two people and one customer", { concurrency: 1 }, () => {
    let visit;
    let page;
    let other;
    let path;
    const dialog = () => page.getByRole("dialog");
    const row = (label) => dialog().locator("tbody tr", { has: page.locator("td:first-child", { hasText: label }) });
    const api = `/api/records/customer`;

    /** The record as the API gives it to the other person. */
    const stored = async () => (await other.context.request.get(world.address + path)).json();
    /** The other person saves. */
    const theySave = async (data) => {
      const csrf = await other.page.locator('meta[name="fw-csrf"]').getAttribute("content");
      const response = await other.context.request.patch(world.address + path, { data, headers: { "X-CSRF-Token": csrf } });
      assert.equal(response.status(), 200, await response.text());
    };
    const open = () => visit.go(`${path.replace("/api/records", "/forms")}/edit`);
    const save = () => page.keyboard.press("Control+s");

    before(async () => {
      visit = await (await Visit.open(world, { locale: "en" })).signedIn("li.na");
      page = visit.page;
      other = await (await Visit.open(world, { locale: "en" })).signedIn("chen.guang");
      const found = await (await other.context.request.get(`${world.address}${api}?q=C00003&limit=1`)).json();
      path = `${api}/${found.items[0].id}`;
      await theySave({ note: "before", city: "Aachen" });
    });
    after(async () => {
      await visit?.context.close();
      await other?.context.close();
    });

    test("of a field that both changed, both values are shown with who changed it, and theirs can be kept", async () => {
      await open();
      await theySave({ note: "THEIR NOTE" });
      await page.locator("#f-note").fill("MINE");
      await save();
      await dialog().waitFor();
      assert.match(await dialog().locator(".note").innerText(), /陈光|Chen Guang/i);
      assert.match(await dialog().locator(".note").innerText(), /changed 1 field /);
      const text = await row("Note").innerText();
      assert.match(text, /MINE/);
      assert.match(text, /THEIR NOTE/);
      assert.equal((await stored()).note, "THEIR NOTE", "nothing is saved before the choice");
      await row("Note").locator("input[value=theirs]").check();
      await visit.leaveBy(() => dialog().getByRole("button", { name: "Save the choice" }).click());
      assert.equal((await stored()).note, "THEIR NOTE");
      visit.takeFaults();
    });

    test("mine can be kept, and what only they changed stays", async () => {
      await open();
      await theySave({ note: "THEIR SECOND NOTE", city: "Bremen" });
      await page.locator("#f-note").fill("MINE AGAIN");
      await save();
      await dialog().waitFor();
      assert.match(await row("City").innerText(), /Not changed[^]*Bremen/);
      await row("Note").locator("input[value=mine]").check();
      await visit.leaveBy(() => dialog().getByRole("button", { name: "Save the choice" }).click());
      const now = await stored();
      assert.deepEqual([now.note, now.city], ["MINE AGAIN", "Bremen"]);
      visit.takeFaults();
    });

    test("changes of different fields are both kept", async () => {
      await open();
      await theySave({ city: "Kiel" });
      await page.locator("#f-note").fill("ONLY MINE");
      await save();
      await dialog().waitFor();
      assert.match(await row("City").innerText(), /Kiel/);
      await visit.leaveBy(() => dialog().getByRole("button", { name: "Save both" }).click());
      const now = await stored();
      assert.deepEqual([now.note, now.city], ["ONLY MINE", "Kiel"]);
      visit.takeFaults();
    });

    test("a change that comes while the dialog is open is asked about anew", async () => {
      await open();
      await theySave({ note: "THEIRS, FIRST" });
      await page.locator("#f-note").fill("MINE, LATE");
      await save();
      await dialog().waitFor();
      await theySave({ note: "THEIRS, SECOND" });
      await dialog().getByRole("button", { name: "Save the choice" }).click();
      await row("THEIRS, SECOND").or(dialog().getByText("THEIRS, SECOND")).first().waitFor();
      assert.equal((await stored()).note, "THEIRS, SECOND");
      await page.keyboard.press("Escape");
      visit.takeFaults();
    });

    test("a web address typed without its scheme is saved with it", async () => {
      await open();
      await page.locator("#f-website").fill("example.de");
      await visit.leaveBy(save);
      assert.equal((await stored()).website, "https://example.de");
      assert.deepEqual(visit.takeFaults(), []);
    });

    test("a session that ended asks for the password and nothing else, then saves", async () => {
      await open();
      await page.locator("#f-city").fill("Emden");
      await visit.context.clearCookies({ name: "fw_session" });
      await save();
      await dialog().waitFor();
      assert.match(await dialog().innerText(), /li\.na/);
      assert.equal(await dialog().getByRole("textbox").count(), 1);
      const password = dialog().locator("input[type=password]");
      assert.ok(await password.evaluate((input) => document.activeElement === input));
      await password.fill(world.password);
      await visit.leaveBy(() => password.press("Enter"));
      assert.equal((await stored()).city, "Emden");
      visit.takeFaults();
    });
  });
}
