// One app: its definitions by kind with their state, made, copied, deleted, taken back.

import { call, reason } from "../base/api.ts";
import { ask } from "../base/dialog.ts";
import { find, h, icon, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { failed } from "../base/toast.ts";
import { sign } from "./canvas.ts";
import type { Doc } from "./document.ts";
import { startDefinition } from "./start.ts";
import { titleOf } from "./store.ts";
import type { Known } from "./world.ts";

const KINDS = ["form", "options", "role"] as const;
const SIGNS: Record<string, string> = { form: "clipboard-list", options: "list", role: "shield", app: "layout-grid" };

export async function openApp(root: HTMLElement): Promise<void> {
  const app = root.dataset["app"] ?? "";
  const answer = await call("GET", `/api/definitions?app=${app}`);
  root.removeAttribute("aria-busy");
  if (!answer.ok) {
    root.replaceChildren(h("div", { class: "empty" }, h("h2", {}, reason(answer))));
    return;
  }
  const items = ((answer.body?.items ?? []) as Known[]).map((item) => ({ ...item, title: titleOf(item as unknown as Doc, item.name) }));
  const drafts = items.filter((item) => item.state !== "published").length;
  find("#design-tools")?.replaceChildren(
    h("a", { class: "btn ghost d-only-i", href: url(`/api/apps/${app}/export.zip`), download: true }, icon("download"), t("design.export_app")),
    h("a", { class: "btn d-only-i", href: url(`/design/${app}/revisions`) }, icon("history"), t("design.revisions")),
    h("a", { class: "btn pri", href: url(`/design/${app}/publish`) }, t("design.to_plan"), h("span", { class: "n num" }, drafts > 0 ? String(drafts) : "")),
  );
  const own = items.find((item) => item.kind === "app");
  root.replaceChildren(
    h("div", { class: "dz-kinds" }, ...(own ? [h("a", { class: "card dz-app", href: url(`/design/${app}/app/${app}`) }, h("span", { class: "ic-box" }, icon("panel-left")), h("span", { class: "dz-app-t" }, h("b", {}, t("design.menu_and_app")), h("span", { class: "mut t12" }, t("design.menu_and_app_text"))), stateTag(own))] : []), ...KINDS.map((kind) => block(kind, items.filter((item) => item.kind === kind), app))),
  );
}

function block(kind: (typeof KINDS)[number], items: Known[], app: string): HTMLElement {
  const make = h("button", { type: "button", class: "btn sm", onclick: () => startDefinition(kind, app) }, icon("plus", "s"), t(`design.new.${kind}`));
  const rows = items.map((item) => row(item, app));
  const body = rows.length > 0 ? h("ul", { class: "dz-list" }, ...rows) : h("p", { class: "card-b mut t13" }, t(`design.none.${kind}`));
  return h("section", { class: "card" }, h("div", { class: "card-h" }, sign(SIGNS[kind] ?? "file-text"), h("h2", {}, t(`design.kinds.${kind}`)), h("span", { class: "tag num" }, String(items.length)), h("span", { class: "grow" }), make), body);
}

function stateTag(item: Known): HTMLElement | null {
  if (item.state === "published") return null;
  return h("span", { class: `tag ${item.state === "new" ? "c2" : item.state === "removed" ? "c10" : "c3"}` }, t(`design.state.${item.state}`));
}

function row(item: Known, app: string): HTMLElement {
  const removed = item.state === "removed";
  const title = h("span", { class: removed ? "dz-gone trunc" : "trunc" }, item.title);
  const menu = h("details", { class: "more right" }, h("summary", { class: "btn ghost icon sm", "aria-label": t("design.more", { title: item.title }) }, icon("ellipsis", "s")));
  const act = (icon: SVGElement, words: string, run: () => void, bad = false) =>
    h("button", { type: "button", class: bad ? "is-bad" : "", onclick: () => {
      menu.open = false;
      run();
    } }, icon, words);
  menu.append(
    h(
      "div",
      { class: "menu" },
      !removed && act(icon("copy", "s"), t("design.copy"), () => startDefinition(item.kind, app, item)),
      item.state !== "published" && act(icon("undo-2", "s"), t(item.state === "new" ? "design.discard_new" : "design.discard"), () => void discard(item), item.state === "new"),
      !removed && item.state !== "new" && act(icon("trash-2", "s"), t("design.delete"), () => void remove(item), true),
    ),
  );
  return h("li", {}, removed ? title : h("a", { class: "dz-list-a", href: url(`/design/${app}/${item.kind}/${item.name}`) }, title, h("code", { class: "trunc" }, item.name)), h("span", { class: "grow" }), item.extends ? h("span", { class: "tag out" }, t("design.extends", { app: item.extends })) : null, stateTag(item), menu);
}

/** Throws the draft away. */
async function discard(item: Known): Promise<void> {
  if (!(await ask({ title: t("design.discard_title", { title: item.title }), text: t(item.state === "new" ? "design.discard_new_text" : "design.discard_text"), confirm: t("design.discard"), danger: true }))) return;
  const answer = await call("DELETE", `/api/definitions/${item.kind}/${encodeURIComponent(item.name)}?app=${item.app}&draft=true`);
  if (answer.ok) location.reload();
  else failed(reason(answer));
}

/** Drafts the removal; nothing goes before it is published. What is in use is not removed, and says where it is used. */
async function remove(item: Known): Promise<void> {
  const answer = await call("DELETE", `/api/definitions/${item.kind}/${encodeURIComponent(item.name)}?app=${item.app}`);
  if (answer.ok) {
    sessionStorage.setItem("fw-toast", t("design.delete_done", { title: item.title }));
    location.reload();
    return;
  }
  const usage = (answer.body?.usage ?? []) as { kind: string; title: string }[];
  failed(usage.length > 0 ? `${reason(answer)} ${usage.slice(0, 5).map((use) => `${t(`design.kind.${use.kind}`)} ${use.title}`).join(t("list_comma"))}` : reason(answer));
}


