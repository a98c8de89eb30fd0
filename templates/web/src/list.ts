// The list: filter, columns, density, saved views, selection and bulk changes.

import { call, newKey, reason } from "./base/api.ts";
import { ask, openDialog } from "./base/dialog.ts";
import { all, announce, busy, find, h, icon, meta, setCookie } from "./base/dom.ts";
import type { Json } from "./base/json.ts";
import { onKey } from "./base/key.ts";
import { t } from "./base/text.ts";
import { failed } from "./base/toast.ts";
import { attach } from "./control/control.ts";
import type { Control, Setting } from "./control/part.ts";
import { buildFilter } from "./list/filter.ts";

const setting: Setting = { today: new Date().toISOString().slice(0, 10), zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
const bar = document.getElementById("filter-bar");
const form = bar?.dataset["form"] ?? "";

/** Goes to this list with another query. Empty values are left out; the page starts again at the first. */
function go(changes: Record<string, string | null>): void {
  const address = new URL(location.href);
  address.searchParams.delete("cursor");
  for (const [name, value] of Object.entries(changes)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  location.assign(address);
}

/** A popover with its opener: toggles, closes on Escape and outside. */
function popover(pop: HTMLElement | null, openers: HTMLElement[], opened: () => void): void {
  if (!pop) return;
  let last: HTMLElement | null = null;
  const close = () => {
    if (pop.hidden) return;
    pop.hidden = true;
    for (const opener of openers) opener.setAttribute("aria-expanded", "false");
    last?.focus();
  };
  for (const opener of openers) {
    opener.addEventListener("click", () => {
      if (!pop.hidden) {
        close();
        return;
      }
      last = opener;
      pop.hidden = false;
      opener.setAttribute("aria-expanded", "true");
      opened();
    });
  }
  onKey(pop, (event) => {
    if (event.key === "Escape") close();
  });
  document.addEventListener("mousedown", (event) => {
    const target = event.target as Element;
    if (!pop.contains(target) && !openers.some((opener) => opener.contains(target)) && !target.closest(".opts-l")) {
      pop.hidden = true;
      for (const opener of openers) opener.setAttribute("aria-expanded", "false");
    }
  });
  pop.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-close], [data-close-pop]")) close();
  });
}

function filters(): void {
  const pop = document.getElementById("filter-pop");
  popover(pop, all("[data-open-filter], [data-edit-filter]"), () => {
    if (pop) buildFilter(pop, bar?.dataset["filter"] ?? "", setting, (filter) => go({ filter }));
  });
  const search = find<HTMLFormElement>("[data-search]");
  search?.addEventListener("submit", (event) => {
    event.preventDefault();
    go({ q: find<HTMLInputElement>("input", search)?.value.trim() ?? "" });
  });
}

/** On a phone, where there are no heads of columns. */
function sorting(): void {
  const pop = document.getElementById("sort-pop");
  popover(pop, all("[data-open-sort]"), () => find("a", pop ?? document)?.focus());
}

function columns(): void {
  const pop = document.getElementById("columns-pop");
  popover(pop, all("[data-open-columns]"), () => find("input:not(:disabled)", pop ?? document)?.focus());
  if (!(pop instanceof HTMLFormElement)) return;
  pop.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-up], [data-down], [data-reset]") : null;
    const item = button?.closest("li");
    if (button && "reset" in button.dataset) go({ columns: null });
    else if (button && item) {
      if ("up" in button.dataset) item.previousElementSibling?.before(item);
      else item.nextElementSibling?.after(item);
      button.focus();
    }
  });
  pop.addEventListener("submit", (event) => {
    event.preventDefault();
    const shown = all("li", pop).filter((item) => find<HTMLInputElement>("input", item)?.checked);
    go({ columns: shown.map((item) => item.dataset["path"] ?? "").join(",") });
  });
}

function density(): void {
  for (const button of all<HTMLButtonElement>("[data-density] button")) {
    button.addEventListener("click", () => {
      document.documentElement.dataset["density"] = button.value;
      for (const other of all("[data-density] button")) other.setAttribute("aria-pressed", String(other === button));
      setCookie("fw_density", button.value);
      if (meta("login")) void call("PATCH", "/api/me", { json: { density: button.value } });
      button.closest("details")?.removeAttribute("open");
    });
  }
}

interface Saved {
  view: string | null;
  body: string;
}

function views(): void {
  find("[data-save-view]")?.addEventListener("click", () => {
    const saved = JSON.parse(document.getElementById("view-body")?.textContent ?? "{}") as Saved;
    const body = JSON.parse(saved.body || "{}") as { [key: string]: Json };
    const title = h("input", { class: "in", id: "view-title", maxlength: 80, autocomplete: "off" });
    const mine = h("input", { type: "checkbox", class: "chk", id: "view-default" });
    const fault = h("p", { class: "err", role: "alert", hidden: true });
    const confirm = h("button", { type: "submit", class: "btn pri" }, t("view.create"));
    const update = saved.view ? h("button", { type: "button", class: "btn" }, t("view.update")) : null;
    const dialog = openDialog(
      t("view.title"),
      h("div", { class: "col g12" }, h("div", { class: "f" }, h("label", { for: "view-title" }, t("view.name")), title), h("label", { class: "row" }, mine, t("view.default")), fault, h("div", { class: "btns dlg-a" }, update, confirm)),
    );
    const send = async (method: string, path: string, json: Json, button: HTMLElement) => {
      const end = busy(button);
      const answer = await call(method, path, { json, headers: { "Idempotency-Key": newKey() } });
      end();
      if (answer.ok) {
        const id = answer.body?.id ?? saved.view;
        location.assign(`${location.pathname}?view=${encodeURIComponent(id)}`);
      } else {
        fault.hidden = false;
        fault.textContent = reason(answer);
      }
    };
    update?.addEventListener("click", () => void send("PATCH", `/api/views/${saved.view}`, body, update));
    find("form", dialog)?.addEventListener("submit", (event) => {
      event.preventDefault();
      if (title.value.trim()) void send("POST", "/api/views", { ...body, form, title: title.value.trim(), is_default: mine.checked }, confirm);
      else title.focus();
    });
    title.focus();
  });
}

class Selection {
  private readonly boxes = all<HTMLInputElement>("[data-one]");
  private readonly whole = find<HTMLInputElement>("[data-all]");
  private readonly bulk = document.getElementById("bulk");
  private last = -1;

  constructor() {
    this.boxes.forEach((box, index) => {
      box.addEventListener("click", (event) => {
        if (event.shiftKey && this.last >= 0) {
          for (let other = Math.min(index, this.last); other <= Math.max(index, this.last); other += 1) {
            const between = this.boxes[other];
            if (between) between.checked = box.checked;
          }
        }
        this.last = index;
        this.refresh();
      });
    });
    this.whole?.addEventListener("change", () => {
      for (const box of this.boxes) box.checked = this.whole?.checked ?? false;
      this.refresh();
    });
    find("[data-bulk-clear]")?.addEventListener("click", () => this.clear());
    find("[data-bulk-delete]")?.addEventListener("click", () => void this.remove());
    find("[data-bulk-edit]")?.addEventListener("click", () => this.edit());
    onKey(document, (event) => {
      if (event.key === "Escape" && this.rows().length > 0 && !find("dialog[open]") && !find(".pop:not([hidden])")) this.clear();
    });
    this.refresh();
  }

  private rows(): HTMLElement[] {
    return this.boxes.filter((box) => box.checked).flatMap((box) => box.closest("tr") ?? []);
  }

  private clear(): void {
    for (const box of this.boxes) box.checked = false;
    this.refresh();
  }

  private refresh(): void {
    const count = this.rows().length;
    for (const box of this.boxes) box.closest("tr")?.toggleAttribute("data-selected", box.checked);
    for (const box of this.boxes) {
      if (box.checked) box.closest("tr")?.setAttribute("aria-selected", "true");
      else box.closest("tr")?.removeAttribute("aria-selected");
    }
    if (this.whole) {
      this.whole.checked = count > 0 && count === this.boxes.length;
      this.whole.indeterminate = count > 0 && count < this.boxes.length;
    }
    if (!this.bulk) return;
    const was = this.bulk.hidden;
    this.bulk.hidden = count === 0;
    const text = find("[data-selected]", this.bulk);
    if (text) text.textContent = t("bulk.selected", { count });
    if (was !== this.bulk.hidden) announce(count > 0 ? t("bulk.selected", { count }) : "");
  }

  private async remove(): Promise<void> {
    const rows = this.rows();
    if (!(await ask({ title: t("bulk.delete_title", { count: rows.length }), text: t("bulk.delete_text"), confirm: t("bulk.delete_confirm", { count: rows.length }), danger: true }))) return;
    await this.send(rows, (row) => ({ op: "delete", id: row.dataset["id"] ?? "", version: Number(row.dataset["version"]) }), "bulk.deleted");
  }

  private edit(): void {
    const rows = this.rows();
    const templates = all<HTMLTemplateElement>("template[data-bulk-field]");
    const select = h("select", { class: "in", id: "bulk-field" }, ...templates.map((template, index) => h("option", { value: index }, template.dataset["title"] ?? "")));
    const place = h("div");
    const fault = h("p", { class: "err", role: "alert", hidden: true });
    let control: Control | null = null;
    const fill = () => {
      const host = find("[data-control]", templates[Number(select.value)]?.content ?? document)?.cloneNode(true);
      control = host instanceof HTMLElement ? attach(host, setting) : null;
      place.replaceChildren(...(control ? [control.host] : []));
      for (const input of all("input:not(.native), select, textarea", place)) {
        input.removeAttribute("id");
        input.setAttribute("aria-label", t("bulk.value"));
      }
    };
    select.addEventListener("change", fill);
    fill();
    const dialog = openDialog(
      t("bulk.edit_title", { count: rows.length }),
      h(
        "div",
        { class: "col g12" },
        h("div", { class: "f" }, h("label", { for: "bulk-field" }, t("filter.field")), select),
        h("div", { class: "f" }, h("span", { class: "lab" }, t("bulk.value")), place, h("span", { class: "help" }, t("bulk.empty_clears"))),
        fault,
        h("div", { class: "btns dlg-a" }, h("button", { type: "button", class: "btn", "data-close": true }, t("cancel")), h("button", { type: "submit", class: "btn pri" }, t("bulk.confirm", { count: rows.length }))),
      ),
    );
    find("form", dialog)?.addEventListener("submit", (event) => {
      const reading = control?.read();
      if (!control || !reading || "fault" in reading) {
        event.preventDefault();
        fault.hidden = false;
        fault.textContent = reading && "fault" in reading ? reading.fault : "";
        return;
      }
      const name = control.path;
      void this.send(rows, (row) => ({ op: "update", id: row.dataset["id"] ?? "", version: Number(row.dataset["version"]), values: { [name]: reading.value } }), "bulk.updated");
    });
  }

  /** Sends one operation for each row; rows that fail are named, the others are done. */
  private async send(rows: HTMLElement[], operation: (row: HTMLElement) => Json, message: string): Promise<void> {
    const answer = await call("POST", `/api/records/${form}/batch`, { json: { operations: rows.map(operation), atomic: false }, headers: { "Idempotency-Key": newKey() } });
    if (!answer.ok) {
      failed(reason(answer));
      return;
    }
    const results = (answer.body?.results ?? []) as { status: number; problem?: { title?: string; detail?: string; errors?: { message: string }[] } }[];
    const bad = results.flatMap((result, index) => (result.status >= 400 ? [`${rows[index]?.querySelector("td.name")?.textContent?.trim() ?? ""}${t("colon")}${result.problem?.errors?.[0]?.message ?? result.problem?.detail ?? result.problem?.title ?? ""}`] : []));
    if (bad.length === 0) {
      sessionStorage.setItem("fw-toast", t(message, { count: rows.length }));
      location.reload();
      return;
    }
    const dialog = openDialog(t("bulk.partly", { done: rows.length - bad.length, count: rows.length }), h("div", { class: "col g12" }, h("ul", { class: "errlist t13" }, ...bad.map((text) => h("li", {}, icon("circle-alert", "s"), " ", text))), h("div", { class: "btns dlg-a" }, h("button", { type: "submit", class: "btn pri" }, t("close")))));
    dialog.addEventListener("close", () => location.reload());
  }
}

if (bar) {
  filters();
  sorting();
  columns();
  density();
  views();
  new Selection();
}
