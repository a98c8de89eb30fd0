// All apps that this person may design: opened, made, installed, imported.

import { call, newKey, reason } from "../base/api.ts";
import { openDialog } from "../base/dialog.ts";
import { busy, find, h, icon, locale, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { failed } from "../base/toast.ts";
import { sign } from "./canvas.ts";
import { labelled, line, suggestName } from "./controls.ts";
import type { Doc } from "./document.ts";
import { titleOf } from "./store.ts";
import { type Known, proposeName } from "./world.ts";

interface Package {
  name: string;
  title: string;
  description?: string;
  version: string | null;
  installed: boolean;
  shipped?: string;
  requires?: string[];
}

export async function openApps(root: HTMLElement): Promise<void> {
  const [definitions, packages] = await Promise.all([call("GET", "/api/definitions"), call("GET", "/api/apps")]);
  root.removeAttribute("aria-busy");
  if (!definitions.ok) {
    root.replaceChildren(h("div", { class: "empty" }, h("h2", {}, reason(definitions))));
    return;
  }
  const all = ((definitions.body?.items ?? []) as Known[]).map((item) => ({ ...item, title: titleOf(item as unknown as Doc, item.name) }));
  const shipped = ((packages.ok ? packages.body?.items : null) ?? []) as Package[];
  const apps = all.filter((item) => item.kind === "app");
  const mayCreate = "create" in root.dataset;
  if (mayCreate) {
    const file = h("input", { type: "file", class: "vh", accept: ".zip,.json", id: "app-file", onchange: () => void bring(file) });
    find("#design-tools")?.replaceChildren(
      h("label", { class: "btn", for: "app-file", tabindex: "0" }, icon("upload"), t("design.import_app")),
      file,
      h("button", { type: "button", class: "btn pri", onclick: () => create(apps.map((app) => app.name)) }, icon("plus"), t("design.new_app")),
    );
  }
  const waiting = shipped.filter((one) => !one.installed && mayCreate);
  root.replaceChildren(
    h("div", { class: "dz-apps" }, ...apps.map((app) => tile(app, all, shipped.find((one) => one.name === app.name)))),
    ...(apps.length === 0 ? [h("div", { class: "empty" }, h("h2", {}, t("design.no_apps")), h("p", {}, t("design.no_apps_text")))] : []),
    ...(waiting.length > 0 ? [h("h2", { class: "dz-h" }, t("design.shipped")), h("div", { class: "dz-apps" }, ...waiting.map(offer))] : []),
  );
}

function tile(app: Known, all: Known[], packaged: Package | undefined): HTMLElement {
  const own = all.filter((item) => item.app === app.name);
  const drafts = own.filter((item) => item.state !== "published").length;
  const counts = (["form", "options", "role"] as const).map((kind) => ({ kind, count: own.filter((item) => item.kind === kind).length })).filter(({ count }) => count > 0);
  return h(
    "a",
    { class: "card dz-app", href: url(`/design/${app.name}`) },
    h("span", { class: "ic-box" }, icon("layout-grid")),
    h("span", { class: "dz-app-t" }, h("b", { class: "trunc" }, app.title), h("code", {}, app.name, packaged?.version ? ` ${packaged.version}` : "")),
    h("span", { class: "dz-app-c" }, ...counts.map(({ kind, count }) => h("span", { class: "mut" }, t(`design.count.${kind}`, { count })))),
    app.state === "new" ? h("span", { class: "tag c2" }, t("design.state.new")) : null,
    drafts > 0 && app.state !== "new" ? h("span", { class: "tag c3" }, t("design.drafts", { count: drafts })) : null,
  );
}

function offer(one: Package): HTMLElement {
  const install = h("button", { type: "button", class: "btn sm" }, icon("download", "s"), t("design.install"));
  install.addEventListener("click", async () => {
    const rest = busy(install);
    const answer = await call("POST", `/api/apps/${one.name}/install`, { json: {}, headers: { "Idempotency-Key": newKey() } });
    rest();
    if (answer.ok) location.reload();
    else failed(reason(answer));
  });
  return h("div", { class: "card dz-app" }, h("span", { class: "ic-box" }, sign("package")), h("span", { class: "dz-app-t" }, h("b", { class: "trunc" }, one.title), h("code", {}, one.name)), h("span", { class: "dz-app-c mut" }, one.description ?? ""), install);
}

/** An app of a file: its plan is shown as that of drafts is. */
async function bring(input: HTMLInputElement): Promise<void> {
  const file = input.files?.[0];
  input.value = "";
  if (!file) return;
  const form = new FormData();
  form.append("file", file);
  const plan = await call("POST", "/api/apps/import?plan=true", { form });
  if (!plan.ok) {
    failed(reason(plan));
    return;
  }
  const steps = (plan.body?.steps ?? []) as { text: string; code: string }[];
  const confirm = (plan.body?.confirm ?? []) as string[];
  const go = h("button", { type: "submit", class: "btn pri" }, t("design.publish"));
  const dialog = openDialog(t("design.import_title", { name: file.name }), h("div", { class: "col g12" }, h("ul", { class: "dz-steps-l" }, ...steps.map((step) => h("li", { class: confirm.includes(step.code) ? "wtxt" : "" }, step.text))), steps.length === 0 ? h("p", {}, t("design.plan_nothing")) : null, h("div", { class: "btns dlg-a" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, t("cancel")), go)), true);
  find("form", dialog)?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const rest = busy(go);
    const again = new FormData();
    again.append("file", file);
    again.append("confirm", confirm.join(","));
    const answer = await call("POST", "/api/apps/import", { form: again });
    rest();
    if (answer.ok) location.reload();
    else failed(reason(answer));
  });
}

function create(taken: string[]): void {
  let title = "";
  let name = "";
  const named = line("", (typed) => {
    name = typed;
  }, { class: "in mono", maxlength: "48" });
  const titled = line("", (typed) => {
    title = typed;
  }, { required: true, maxlength: "80" });
  titled.addEventListener("change", async () => {
    if (!title.trim() || name) return;
    const proposed = await proposeName(title, taken, "app");
    if (!name) suggestName(named, proposed);
  });
  const go = h("button", { type: "submit", class: "btn pri" }, t("design.create"));
  const dialog = openDialog(t("design.new_app"), h("div", { class: "col g12" }, labelled(t("design.o.title"), titled), labelled(t("design.o.name"), named, t("design.h.name")), h("div", { class: "btns dlg-a" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, t("cancel")), go)));
  find("form", dialog)?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!title.trim()) {
      titled.focus();
      return;
    }
    const rest = busy(go);
    const wanted = named.value.trim() || (await proposeName(title, taken, "app"));
    const doc: Doc = { kind: "app", app: wanted, name: wanted, title: title.trim(), version: "1.0.0", locale: locale(), menu: [] };
    const answer = await call("PUT", `/api/definitions/app/${wanted}`, { json: doc });
    rest();
    if (answer.ok) location.assign(url(`/design/${wanted}`));
    else failed(reason(answer));
  });
}
