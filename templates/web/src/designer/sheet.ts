// A form from a file: its columns become fields, its rows records. The server guesses types, choices and links by the values; a person
// corrects what is guessed, and the rows come in as soon as the form is published.

import { call, newKey, reason } from "../base/api.ts";
import { openDialog } from "../base/dialog.ts";
import { busy, find, h, icon, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { failed } from "../base/toast.ts";
import { labelled, line, select } from "./controls.ts";
import { type Doc, set } from "./document.ts";
import { TYPES, convert } from "./types.ts";
import { proposeName } from "./world.ts";

interface Proposed {
  column: string;
  name: string;
  property: Doc;
  type: string;
  filled: number;
  misfits: number;
  unique: boolean;
  samples: string[];
}

interface Proposal {
  sheets: string[];
  sheet: string;
  rows: number;
  title: string;
  fields: Proposed[];
}

/** Asks for a file and leads through what is proposed for it. */
export function startFromFile(app: string, taken: string[]): void {
  const place = h("div", { class: "col g12" });
  const dialog = openDialog(t("design.sheet.title"), place, true);
  const input = h("input", { type: "file", class: "vh", id: "sheet-file", accept: ".xlsx,.xlsb,.xls,.ods,.csv,.tsv,.txt", onchange: () => input.files?.[0] && void look(input.files[0]) });
  const zone = h("div", { class: "dz-drop-f" }, icon("file-spreadsheet", "l"), h("p", {}, t("design.sheet.drop")), h("label", { class: "btn pri", for: "sheet-file" }, t("design.sheet.choose")), input);
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void look(file);
  });
  place.replaceChildren(zone);

  const look = async (file: File, sheet?: string) => {
    place.replaceChildren(h("p", { class: "sec", role: "status" }, t("design.sheet.reading", { name: file.name })), h("i", { class: "sk w3" }), h("i", { class: "sk w2" }));
    const form = new FormData();
    form.append("file", file);
    if (sheet) form.append("sheet", sheet);
    const answer = await call("POST", `/api/definitions/propose?app=${app}`, { form });
    if (!answer.ok) {
      failed(reason(answer));
      place.replaceChildren(zone);
      return;
    }
    show(file, answer.body as Proposal);
  };

  const show = (file: File, proposal: Proposal) => {
    const fields = proposal.fields.map((field) => ({ ...field, use: field.filled > 0 || field.column !== "" }));
    const title = line(proposal.title, () => {}, { required: true, maxlength: "100" });
    const name = line("", () => {}, { class: "in mono", maxlength: "48" });
    void proposeName(proposal.title, taken, "form").then((proposed) => {
      if (!name.value) name.value = proposed;
    });
    const body = h("tbody", {}, ...fields.map((field) => {
      const use = h("input", { class: "chk", type: "checkbox", checked: true, "aria-label": t("design.sheet.use", { column: field.column }), onchange: () => {
        field.use = use.checked;
      } });
      const type = select(field.type, TYPES.filter((one) => !["table", "formula", "rollup", "lookup", "serial", "files", "signature", "location"].includes(one.name)).map((one) => ({ value: one.name, title: t(`design.type.${one.name}`) })), (to) => {
        field.property = to === field.type ? field.property : convert(field.property, to, (key) => t(key));
        field.type = to;
      });
      type.classList.add("sm");
      type.setAttribute("aria-label", t("design.sheet.type_of", { column: field.column }));
      return h("tr", {}, h("td", { class: "c" }, use), h("td", { class: "name" }, field.column, h("code", { class: "sub" }, field.name)), h("td", {}, type), h("td", { class: "r num" }, String(field.filled), field.misfits > 0 ? h("span", { class: "wtxt" }, ` ${t("design.sheet.misfits", { count: field.misfits })}`) : null), h("td", { class: "mut trunc" }, field.samples.join(" · ")));
    }));
    const importing = h("input", { class: "chk", type: "checkbox", checked: true, id: "sheet-import" });
    const go = h("button", { type: "submit", class: "btn pri" }, t("design.sheet.make"));
    const progress = h("span", { class: "mut t13 grow", role: "status" });
    const sheets = proposal.sheets.length > 1 ? labelled(t("design.sheet.sheet"), select(proposal.sheet, proposal.sheets.map((one) => ({ value: one, title: one })), (sheet) => void look(file, sheet))) : null;
    place.replaceChildren(
      h(
        "div",
        { class: "dz-proposal" },
        h("p", { class: "sec" }, t("design.sheet.found", { name: file.name, rows: proposal.rows, count: fields.length })),
        h("div", { class: "dz-pair" }, labelled(t("design.o.title"), title), labelled(t("design.o.name"), name)),
        sheets,
        h("div", { class: "tw", tabindex: "0", role: "region", "aria-label": t("design.sheet.columns") }, h("table", { class: "tb" }, h("thead", {}, h("tr", {}, h("th", { class: "c", scope: "col" }, h("span", { class: "vh" }, t("design.sheet.take"))), h("th", { scope: "col" }, t("design.sheet.column")), h("th", { scope: "col" }, t("design.o.type")), h("th", { scope: "col", class: "r" }, t("design.sheet.filled")), h("th", { scope: "col" }, t("design.sheet.samples")))), body)),
        h("label", { class: "dz-agree", for: "sheet-import" }, importing, h("span", {}, t("design.sheet.import", { count: proposal.rows }))),
        h("div", { class: "btns dlg-a" }, progress, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, t("cancel")), go),
      ),
    );
    title.focus();
    const form = find<HTMLFormElement>("form", dialog);
    if (!form) return;
    form.onsubmit = async (event) => {
      event.preventDefault();
      const rest = busy(go);
      const chosen = fields.filter((field) => field.use);
      const wanted = name.value.trim() || (await proposeName(title.value, taken, "form"));
      const made = formOf(app, wanted, title.value.trim() || proposal.title, chosen);
      const done = await make(app, made, importing.checked ? { file, sheet: proposal.sheet, fields: chosen } : null, (words) => {
        progress.textContent = words;
      });
      rest();
      if (done) location.assign(url(done));
    };
  };
}

export function formOf(app: string, name: string, title: string, fields: Pick<Proposed, "name" | "property" | "type" | "unique">[]): Doc {
  const first = fields.find((field) => field.type === "text" && field.unique) ?? fields.find((field) => field.type === "text");
  const words = fields.filter((field) => ["text", "long_text"].includes(field.type)).map((field) => field.name);
  let doc: Doc = { kind: "form", app, name, title, record: { type: "object", properties: Object.fromEntries(fields.map((field) => [field.name, field.property])) } };
  if (first) doc = set(doc, "/title_field", first.name);
  if (words.length > 0) doc = set(doc, "/search", words.slice(0, 8));
  doc = set(doc, "/layout", [{ section: "main", title: t("design.first_section"), columns: 2, fields: fields.map((field) => field.name) }]);
  return set(doc, "/views", [{ name: "all", title: t("design.view.all"), type: "table", fields: fields.filter((field) => field.type !== "long_text" && field.type !== "json").slice(0, 8).map((field) => field.name), default: true }]);
}

interface Rows {
  file: File;
  sheet: string;
  fields: Proposed[];
}

/** Saves the form; with rows it is published alone and they are sent after it. Gives where to go on. */
async function make(app: string, doc: Doc, rows: Rows | null, tell: (words: string) => void): Promise<string | null> {
  const name = String(doc["name"]);
  const saved = await call("PUT", `/api/definitions/form/${name}`, { json: doc });
  if (!saved.ok) {
    failed(reason(saved));
    return null;
  }
  if (!rows) return `/design/${app}/form/${name}`;
  const definitions = await call("GET", `/api/definitions?app=${app}&kind=app`);
  const isNewApp = (definitions.body?.items ?? []).some((item: { state: string }) => item.state === "new");
  const only = [{ kind: "form", name }, ...(isNewApp ? [{ kind: "app", name: app }] : [])];
  const published = await call("POST", "/api/publications", { json: { app, only, note: t("design.sheet.note", { name: rows.file.name }) }, headers: { "Idempotency-Key": newKey() } });
  if (!published.ok) {
    failed(reason(published));
    return `/design/${app}/form/${name}`;
  }
  const form = new FormData();
  form.append("file", rows.file);
  form.append("mapping", JSON.stringify({ sheet: rows.sheet, columns: Object.fromEntries(rows.fields.map((field) => [field.column, field.name])) }));
  form.append("mode", "create");
  const imported = await call("POST", `/api/records/${name}/import`, { form, headers: { "Idempotency-Key": newKey() } });
  if (!imported.ok) {
    sessionStorage.setItem("fw-toast", reason(imported));
    return `/design/${app}/form/${name}`;
  }
  return follow(name, String(imported.body?.job ?? ""), tell);
}

interface Job {
  state: string;
  done: number;
  total: number;
  faults: { row: number }[];
  result?: { created?: number } | null;
}

/** Waits for the rows, telling how far it is; then the list of records is next. */
async function follow(name: string, job: string, tell: (words: string) => void): Promise<string> {
  for (;;) {
    const answer = await call("GET", `/api/jobs/${job}`);
    const now = answer.ok ? (answer.body as Job) : null;
    if (!now || ["done", "failed", "cancelled"].includes(now.state)) {
      const bad = new Set((now?.faults ?? []).map((fault) => fault.row)).size;
      sessionStorage.setItem("fw-toast", now ? t("design.sheet.done", { count: Math.max((now.total ?? 0) - bad, 0), bad }) : reason(answer));
      return `/forms/${name}`;
    }
    tell(t("import.progress", { done: now.done, total: now.total }));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
