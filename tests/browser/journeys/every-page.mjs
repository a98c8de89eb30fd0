// Every page that an administrator finds by its links: nothing fails, nothing is wider than the screen, nothing stands in the way of people
// who read with aids.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DESK, PHONE, Visit } from "../browser.mjs";

const NO_PAGE = /\/(sign-out|api|assets)\b|\/(export|download)\b|\.(xlsx|csv)\b/;
const UNFINISHED = /\{\{|\}\}|\bundefined\b|\[object Object\]|\bNaN\b/;
const TABS = 2;
/** Of each kind of page, over all forms, so many are examined by axe (the first at the width of a phone, too), and so many with a query are opened. */
const EXAMINED = 2;
const ASKED = 1;
/** Both looks of the pages. What forms have in common is the same in both, so the second time a few forms are enough. */
const LOOKS = [
  { locale: "en", theme: "light", most: Number.POSITIVE_INFINITY },
  { locale: "zh-CN", theme: "dark", most: 2 },
];

/** Paths that differ only by an id, or by what is asked of a list, are one page. */
function pageOf(path) {
  const [place, query] = path.split("?");
  return `${place.replace(/[0-9a-f]{8}-[0-9a-f-]{20,}/g, "#")}${query ? `?${[...new URLSearchParams(query).keys()].sort().join()}` : ""}`;
}

/** The pages of all forms are of one kind, and so are those on which definitions of one kind are designed. */
function kindOf(path) {
  return pageOf(path)
    .replace(/^\/forms\/[^/?]+/, "/forms/*")
    .replace(/^\/design\/[^/?]+(\/[a-z]+)?(\/[^/?]+)?/, (_, kind = "", name = "") => `/design/*${kind}${name && "/*"}`);
}

/** Counts by name. */
class Counts {
  seen = new Map();
  /** One more; says how many there were before. */
  add(name) {
    const before = this.seen.get(name) ?? 0;
    this.seen.set(name, before + 1);
    return before;
  }
}

export function describeEveryPage(world) {
  describe("every page of an administrator", { concurrency: 1 }, () => {
    for (const { locale, theme, most } of LOOKS) {
      test(`is whole in ${locale}, ${theme}`, async () => {
        const first = await (await Visit.open(world, { locale, theme })).signedIn("admin");
        assert.equal((await first.context.request.patch(`${world.address}/api/me`, { data: { locale, theme }, headers: await csrf(first) })).status(), 200);
        const faults = [];
        const pages = new Set(["/"]);
        const kinds = new Counts();
        const examined = new Counts();
        const queue = ["/"];
        const waiting = [];
        let busy = 0;
        let count = 0;
        const work = async (visit) => {
          for (;;) {
            const path = queue.shift();
            if (path === undefined) {
              if (busy === 0) return;
              // another tab is still reading a page whose links may come
              await new Promise((resolve) => waiting.push(resolve));
              continue;
            }
            busy += 1;
            count += 1;
            try {
              for (const fault of await look(visit, path, locale, examined.add(kindOf(path)))) faults.push(`${path}: ${fault}`);
              for (const link of await links(visit)) {
                if (NO_PAGE.test(link) || pages.has(pageOf(link))) continue;
                pages.add(pageOf(link));
                if (kinds.add(kindOf(link)) >= (link.includes("?") ? ASKED : most)) continue;
                queue.push(link);
              }
            } catch (error) {
              faults.push(`${path}: ${error.message}`);
            } finally {
              busy -= 1;
              for (const wake of waiting.splice(0)) wake();
            }
          }
        };
        const tabs = [first];
        while (tabs.length < TABS) tabs.push(new Visit(world, first.context, await first.context.newPage()));
        await Promise.all(tabs.map(work));
        await first.context.close();
        assert.deepEqual(faults, []);
        for (const kind of ["/profile", "/profile/security", "/admin/people", "/admin/departments", "/admin/roles", "/admin/audit", "/forms/*", "/forms/*/#", "/forms/*/#/edit", "/forms/*/new", "/forms/*/import", "/forms/*/recycle-bin"]) {
          assert.ok([...kinds.seen.keys()].some((seen) => seen.split("?")[0] === kind), `${kind} is linked`);
        }
        assert.ok(count > 20, `${count} pages`);
      });
    }
  });
}

async function csrf(visit) {
  return { "X-CSRF-Token": (await visit.page.locator("meta[name=fw-csrf]").getAttribute("content")) ?? "", Origin: visit.world.address };
}

async function links(visit) {
  const hrefs = await visit.page.evaluate(() => [...document.querySelectorAll("a[href]")].map((link) => link.href));
  return hrefs.filter((href) => href.startsWith(visit.world.address)).map((href) => href.slice(visit.world.address.length).replace(/#.*/, ""));
}

/** What is wrong with one page, at the width of a desk and of a phone; `before` pages of its kind have been looked at. */
async function look(visit, path, locale, before) {
  const { page } = visit;
  const faults = [];
  await page.setViewportSize(DESK);
  const answer = await page.goto(`${visit.world.address}${path}`, { waitUntil: "load" });
  if (answer.status() !== 200) faults.push(`answers ${answer.status()}`);
  // what a script draws is there when it says so
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  const text = await page.locator("body").innerText();
  if (UNFINISHED.test(text)) faults.push(`unfinished: ${UNFINISHED.exec(text)[0]}`);
  if ((await page.locator("html").getAttribute("lang")) !== locale) faults.push("another language");
  if (locale === "zh-CN" && !/[\u4e00-\u9fff]/.test(await page.locator("main").innerText())) faults.push("not in Chinese");
  for (const size of [DESK, PHONE]) {
    await page.setViewportSize(size);
    const wide = await visit.overflow();
    if (wide > 0) faults.push(`${wide} px wider than ${size.width}`);
    const findings = before < (size === DESK ? EXAMINED : 1) ? await visit.findings(size === DESK) : [];
    faults.push(...findings.map((finding) => `${finding} (${size.width})`));
  }
  faults.push(...visit.takeFaults());
  return faults;
}
