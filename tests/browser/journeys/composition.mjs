// Input methods: while a word is composed, keys belong to it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visit } from "../browser.mjs";

export function describeComposition(world) {
  describe("composing Chinese", { concurrency: 1 }, () => {
    let visit;
    let page;
    let keys;
    before(async () => {
      visit = await (await Visit.open(world)).signedIn("li.na");
      page = visit.page;
      keys = await visit.context.newCDPSession(page);
    });
    after(() => visit?.context.close());

    /** What the page heard of the keys: each key with whether it belongs to the composition. */
    const listen = () =>
      page.evaluate(() => {
        globalThis.heard = [];
        addEventListener("keydown", (event) => globalThis.heard.push([event.key, event.isComposing || event.keyCode === 229]), true);
      });

    /** Composes `steps` one after the other, with Enter confirming the last as an input method does it. */
    const compose = async (...steps) => {
      for (const text of steps) await keys.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
      const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 };
      await keys.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...enter });
      // some browsers name the key 13 while the composition still runs
      await keys.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...enter, windowsVirtualKeyCode: 13 });
      await keys.send("Input.insertText", { text: steps.at(-1) });
      await keys.send("Input.dispatchKeyEvent", { type: "keyUp", ...enter, windowsVirtualKeyCode: 13 });
    };

    test("Enter confirms the word in the search of a list, and only the next Enter searches", async () => {
      await visit.go("/forms/product");
      const search = page.getByRole("searchbox");
      let navigated = 0;
      page.on("framenavigated", () => (navigated += 1));
      await search.focus();
      await listen();
      await compose("jiao", "jiao'he", "胶合板");
      assert.deepEqual(await page.evaluate(() => globalThis.heard), [["Enter", true], ["Enter", true]], "the page hears Enter as part of the composition");
      assert.equal(await search.inputValue(), "胶合板");
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("type")), "search");
      assert.equal(navigated, 0);
      assert.equal(visit.path, "/forms/product");
      await visit.leaveBy(() => search.press("Enter"));
      assert.equal(visit.query("q"), "胶合板");
    });

    test("Enter confirms the word in a field with a list, and picks nothing", async () => {
      await visit.go("/forms/customer/new");
      const host = page.locator('.f[data-field="product_lines"]');
      const input = host.getByRole("combobox");
      await input.click();
      await host.getByRole("option").first().waitFor();
      await compose("jiao", "胶合板");
      assert.equal(await input.inputValue(), "胶合板");
      assert.equal(await host.locator(".picked li").count(), 0);
      await host.getByRole("option", { name: "胶合板", exact: true }).waitFor();
      await page.waitForFunction(() => document.querySelectorAll('.f[data-field="product_lines"] [role=option]').length === 1);
      await input.press("Enter");
      assert.deepEqual(await host.locator(".picked li > span").allInnerTexts(), ["胶合板"]);
    });

    test("nobody is asked for records like a half-typed word", async () => {
      await page.clock.install();
      await visit.go("/forms/customer/new");
      const asked = [];
      page.on("request", (request) => request.url().endsWith("/duplicates") && asked.push(request.postDataJSON().company));
      await page.locator('.f[data-field="company"] input').focus();
      for (const text of ["jiao", "jiao'he"]) {
        await keys.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
        // much longer than the page waits for the next letter
        await page.clock.runFor(5_000);
      }
      assert.deepEqual(asked, []);
      const answered = page.waitForResponse((response) => response.url().endsWith("/duplicates"));
      await keys.send("Input.insertText", { text: "胶合" });
      await answered;
      assert.deepEqual(asked, ["胶合"]);
    });

    test("letters of a composition are no shortcuts", async () => {
      await visit.go("/forms/customer");
      await page.getByRole("searchbox").focus();
      await compose("n", "你");
      assert.equal(visit.path, "/forms/customer");
      assert.equal(await page.getByRole("searchbox").inputValue(), "你");
      assert.deepEqual(visit.takeFaults(), []);
    });
  });
}
