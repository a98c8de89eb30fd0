// What was published, the latest first: what each changed, and the way back to it.

import { call, newKey, reason } from "../base/api.ts";
import { openDialog } from "../base/dialog.ts";
import { busy, h, icon } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { failed } from "../base/toast.ts";
import { type Difference, differences, placeWords, shown } from "./difference.ts";
import type { Doc } from "./document.ts";
import { type Step, drawPlan } from "./plan.ts";
import { titleOf } from "./store.ts";

interface Revision {
  revision: number;
  at: string;
  by_name: string | null;
  note: string;
  steps: Step[];
}

interface Change {
  kind: string;
  app: string;
  name: string;
  before: Doc | null;
  after: Doc | null;
}

export async function openRevisions(root: HTMLElement): Promise<void> {
  const answer = await call("GET", "/api/publications?limit=50");
  root.removeAttribute("aria-busy");
  if (!answer.ok) {
    root.replaceChildren(h("div", { class: "empty" }, h("h2", {}, reason(answer))));
    return;
  }
  const list = h("ol", { class: "dz-revs" });
  let newest: number | null = null;
  const add = (items: Revision[]) => {
    newest ??= items[0]?.revision ?? null;
    list.append(...items.map((item) => row(root, item, item.revision === newest)));
  };
  add((answer.body?.items ?? []) as Revision[]);
  let next = answer.body?.next as number | null;
  const more = h("button", { type: "button", class: "btn", hidden: next === null }, t("design.more_revisions"));
  more.addEventListener("click", async () => {
    const rest = busy(more);
    const page = await call("GET", `/api/publications?limit=50&cursor=${next}`);
    rest();
    if (!page.ok) {
      failed(reason(page));
      return;
    }
    add((page.body?.items ?? []) as Revision[]);
    next = page.body?.next as number | null;
    more.hidden = next === null;
  });
  root.replaceChildren(list.children.length > 0 ? h("div", { class: "dz-plan" }, list, more) : h("div", { class: "empty" }, h("h2", {}, t("design.no_revisions"))));
}

function row(root: HTMLElement, item: Revision, newest: boolean): HTMLElement {
  const body = h("div", { class: "dz-rev-b", hidden: true });
  const open = h("button", { type: "button", class: "btn sm", "aria-expanded": "false" }, icon("git-compare", "s"), t("design.differences"));
  open.addEventListener("click", async () => {
    const show = body.hidden;
    body.hidden = !show;
    open.setAttribute("aria-expanded", String(show));
    if (!show || body.children.length > 0) return;
    body.replaceChildren(h("i", { class: "sk w2" }), h("i", { class: "sk w3" }));
    const answer = await call("GET", `/api/publications/${item.revision}`);
    if (answer.ok) body.replaceChildren(...changesOf((answer.body?.changes ?? []) as Change[]));
    else body.replaceChildren(h("p", { class: "note bad" }, reason(answer)));
  });
  const back = newest ? h("span", { class: "tag c2" }, t("design.current")) : h("button", { type: "button", class: "btn sm", onclick: () => void rollBack(root, item) }, icon("undo-2", "s"), t("design.roll_back"));
  const when = new Date(item.at);
  const classes = [...new Set(item.steps.map((step) => step.class))].filter((name) => name !== "safe");
  return h(
    "li",
    { class: "card" },
    h(
      "div",
      { class: "dz-rev" },
      h("b", { class: "num dz-rev-n" }, String(item.revision)),
      h("div", { class: "grow" }, h("p", {}, item.note || h("span", { class: "mut" }, t("design.no_note"))), h("p", { class: "mut t12" }, item.by_name ?? t("design.by_system"), " · ", h("time", { datetime: item.at }, when.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" })), " · ", t("design.step_count", { count: item.steps.length }))),
      ...classes.map((name) => h("span", { class: "tag c3" }, t(`design.class.${name}`))),
      open,
      back,
    ),
    body,
  );
}

function changesOf(changes: Change[]): HTMLElement[] {
  if (changes.length === 0) return [h("p", { class: "mut t13" }, t("design.no_changes"))];
  return changes.map((change) => {
    const doc = change.after ?? change.before ?? {};
    const all = change.before && change.after ? differences(change.before, change.after) : [];
    const whole = change.before ? (change.after ? null : t("design.diff.removed")) : t("design.diff.added");
    return h("section", { class: "dz-change" }, h("h3", {}, t(`design.kind.${change.kind}`), " ", titleOf(doc, change.name), " ", h("code", {}, change.name), whole ? h("span", { class: `tag ${change.after ? "c2" : "c10"}` }, whole) : null), h("ul", {}, ...all.map((one) => differenceLine(one, one.what === "removed" ? (change.before ?? {}) : (change.after ?? {})))));
  });
}

/** A difference: where, what stood there, what stands there now. */
export function differenceLine(one: Difference, doc: Doc): HTMLElement {
  return h(
    "li",
    { class: "dz-diff" },
    h("span", { class: "sec t13", title: one.at }, placeWords(doc, one.at, (held) => titleOf(held, " ").trim())),
    one.before === undefined ? null : h("pre", { class: "is-before" }, h("span", { class: "vh" }, t("design.diff.before")), shown(one.before)),
    one.after === undefined ? null : h("pre", { class: "is-after" }, h("span", { class: "vh" }, t("design.diff.after")), shown(one.after)),
  );
}

/** Shows what the way back would do, and goes it when that is confirmed. */
async function rollBack(root: HTMLElement, item: Revision): Promise<void> {
  const answer = await call("POST", `/api/publications/${item.revision}/rollback?plan=true`, { json: {} });
  if (!answer.ok) {
    failed(reason(answer));
    return;
  }
  const place = h("div", {});
  const dialog = openDialog(t("design.roll_back_title", { revision: item.revision }), place, true);
  drawPlan(place, answer.body, {
    note: true,
    verb: t("design.roll_back"),
    back: `/design/${root.dataset["app"] ?? ""}/revisions`,
    run: (confirm, note) => call("POST", `/api/publications/${item.revision}/rollback`, { json: { plan: answer.body.plan, confirm, note }, headers: { "Idempotency-Key": newKey() } }),
  });
  place.querySelector("footer a")?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
}
