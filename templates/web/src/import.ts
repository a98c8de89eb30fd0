// The import wizard: file, matching of columns, checking without writing, importing.

import { call, newKey, reason } from "./base/api.ts";
import { all, announce, busy, find, h, icon } from "./base/dom.ts";
import { t } from "./base/text.ts";
import { failed } from "./base/toast.ts";
import { optionControls, optionsOf } from "./import/options.ts";
import { account, badRows, downloadOf, figures, told } from "./import/report.ts";
import type { Field, Job, Missing, Options, Preview } from "./import/shapes.ts";

class Wizard {
  private readonly step: HTMLElement;
  private readonly actions: HTMLElement;
  private readonly first: Node[];
  private readonly form: string;
  private readonly modes: string[];
  private readonly keys: { path: string; title: string }[];
  private file: File | null = null;
  private preview: Preview | null = null;
  private mapping = new Map<string, string | null>();
  private options: Options = {};
  private missing = new Map<string, Missing>();
  private fresh = false;
  private mode: string;
  private key: string;

  constructor(private readonly host: HTMLElement) {
    const step = document.getElementById("import-step");
    const actions = document.getElementById("import-actions");
    if (!step || !actions) throw new Error("no place for the wizard");
    this.step = step;
    this.actions = actions;
    this.first = [...step.childNodes];
    this.form = host.dataset["form"] ?? "";
    this.modes = JSON.parse(host.dataset["modes"] ?? "[]");
    this.keys = JSON.parse(host.dataset["keys"] ?? "[]");
    this.mode = this.modes[0] ?? "create";
    this.key = this.keys[0]?.path ?? "";
    this.chooseFile();
  }

  private show(number: number, ...content: (Node | null)[]): void {
    all(".im-steps li", this.host).forEach((item, index) => {
      item.className = index + 1 < number ? "done" : index + 1 === number ? "on" : "";
      if (index + 1 === number) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
      const sign = find("i", item);
      sign?.replaceChildren(index + 1 < number ? icon("check", "s") : String(index + 1));
    });
    this.step.replaceChildren(...content.filter((node) => node !== null));
    this.actions.replaceChildren();
  }

  private chooseFile(): void {
    const input = document.getElementById("import-file") as HTMLInputElement | null;
    const drop = document.getElementById("import-drop");
    input?.addEventListener("change", () => {
      const file = input.files?.[0];
      input.value = "";
      if (file) void this.begin(file);
    });
    drop?.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("is-over");
    });
    drop?.addEventListener("dragleave", () => drop.classList.remove("is-over"));
    drop?.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("is-over");
      const file = event.dataTransfer?.files[0];
      if (file) void this.begin(file);
    });
  }

  /** A new file: nothing is left of what was chosen for an earlier one. */
  private begin(file: File): Promise<void> {
    this.preview = null;
    this.options = {};
    this.missing = new Map();
    this.fresh = false;
    return this.open(file);
  }

  private async open(file: File, sheet?: string, headerRow?: number): Promise<void> {
    if (file.size > Number(this.host.dataset["maxBytes"] ?? "0")) {
      failed(t("files.too_big", { size: this.host.dataset["maxSize"] ?? "" }));
      return;
    }
    this.file = file;
    const data = new FormData();
    data.append("file", file, file.name);
    if (sheet) data.append("sheet", sheet);
    if (headerRow) data.append("header_row", String(headerRow));
    if (this.options.encoding) data.append("encoding", this.options.encoding);
    if (this.options.delimiter) data.append("delimiter", this.options.delimiter);
    if (this.fresh) data.append("fresh", "true");
    announce(t("import.reading"));
    const chooser = find("label[for=import-file]");
    const end = chooser ? busy(chooser) : () => {};
    const answer = await call("POST", `/api/records/${this.form}/import/preview`, { form: data });
    end();
    if (!answer.ok) {
      failed(reason(answer));
      return;
    }
    const first = this.preview === null;
    this.preview = answer.body as Preview;
    const last = this.preview.last;
    if (last?.used && first) {
      // of the way the last file was read only what holds for any file
      const { encoding: _encoding, delimiter: _delimiter, ...kept } = last.options;
      this.options = { ...this.options, ...kept };
      this.missing = new Map(Object.entries(last.links).map(([path, rule]) => [path, rule.missing ?? "fault"]));
    }
    this.mapping = new Map(this.preview.columns.map((column) => [column.header, column.field]));
    this.matchColumns();
  }

  private restart(): void {
    this.show(1, ...this.first);
  }

  private fileCard(): HTMLElement {
    const preview = this.preview;
    return h("span", { class: "att" }, icon("file-spreadsheet", "s"), h("b", { class: "trunc" }, this.file?.name ?? ""), h("span", { class: "mut" }, t("import.rows", { count: preview?.rows ?? 0 })));
  }

  private matchColumns(): void {
    const preview = this.preview;
    if (!preview || !this.file) return;
    const file = this.file;
    const sheets = h("select", { class: "in sm w-m", "aria-label": t("import.sheet") }, ...preview.sheets.map((name) => h("option", { value: name, selected: name === preview.sheet }, name)));
    sheets.addEventListener("change", () => void this.open(file, sheets.value));
    const header = h("input", { class: "in sm w-d", inputmode: "numeric", value: preview.header_row, "aria-label": t("import.header_row") });
    header.addEventListener("change", () => {
      const row = Number(header.value);
      if (Number.isInteger(row) && row > 0) void this.open(file, preview.sheet, row);
    });
    const again = () => void this.open(file, preview.sheet, preview.header_row);
    const options = h("div", {});
    const count = h("span", { class: "sub" });
    const missing = h("div", { class: "note warn mb16", hidden: true });
    const refresh = () => {
      const used = [...this.mapping.values()].filter(Boolean);
      count.textContent = t("import.matched", { used: used.length, count: preview.columns.length });
      const absent = this.mode === "update" ? [] : preview.fields.filter((field) => field.required && !used.includes(field.path));
      missing.hidden = absent.length === 0;
      missing.replaceChildren(icon("triangle-alert"), h("span", {}, t("import.missing", { names: absent.map((field) => field.title).join(t("list_comma")) })));
      next.disabled = used.length === 0;
      const fields = preview.fields.filter((field) => used.includes(field.path));
      const controls = optionControls(preview, fields, this.options, this.mode === "update", again);
      options.replaceChildren(...(controls ? [controls] : []));
    };
    const next = h("button", { type: "button", class: "btn pri", onclick: () => void this.run(true) }, t("import.check"));
    const rows = preview.columns.map((column) => this.columnRow(preview, column.header, refresh));
    const head = [t("import.column"), t("import.samples"), t("import.into")].map((title) => h("th", { scope: "col", role: "columnheader" }, title));
    const table = h("div", { class: "tw cards" }, h("table", { class: "tb", role: "table" }, h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...head)), h("tbody", { role: "rowgroup" }, ...rows)));
    const mode = h("select", { class: "in sm w-m", "aria-label": t("import.mode") }, ...this.modes.map((name) => h("option", { value: name, selected: name === this.mode }, t(`import.mode_${name}`))));
    const key = h("select", { class: "in sm w-m", "aria-label": t("import.key") }, ...this.keys.map((field) => h("option", { value: field.path, selected: field.path === this.key }, t("import.by", { name: field.title }))));
    key.hidden = this.mode === "create";
    mode.addEventListener("change", () => {
      this.mode = mode.value;
      key.hidden = this.mode === "create";
      refresh();
    });
    key.addEventListener("change", () => {
      this.key = key.value;
    });
    this.show(
      2,
      h("div", { class: "row wrap mb16 g12" }, this.fileCard(), preview.sheets.length > 1 ? sheets : null, h("label", { class: "row t13 sec" }, t("import.header_row"), header), h("span", { class: "grow" }), mode, key),
      this.lastUsed(again),
      missing,
      options,
      h("section", { class: "card mb16" }, h("div", { class: "card-h" }, h("h2", {}, t("import.match")), count), table),
      this.otherSheets(preview),
    );
    this.actions.replaceChildren(h("button", { type: "button", class: "btn", onclick: () => this.restart() }, icon("chevron-left"), h("span", { class: "m-vh" }, t("import.other_file"))), next);
    refresh();
  }

  /** A column of the file: its heading, what stands in it, the field it fills, and what becomes of links that lead nowhere. */
  private columnRow(preview: Preview, header: string, changed: () => void): HTMLElement {
    const column = preview.columns.find((one) => one.header === header);
    const chosen = this.mapping.get(header) ?? null;
    const select = h("select", { class: `in sm mapsel${chosen ? "" : " is-need"}`, "aria-label": t("import.to_field", { name: header }) }, h("option", { value: "" }, t("import.skip")), ...preview.fields.map((field) => h("option", { value: field.path, selected: field.path === chosen }, field.required ? `${field.title} *` : field.title)));
    const into = h("div", { class: "im-into" }, select);
    const links = () => {
      const field = preview.fields.find((one) => one.path === select.value);
      into.replaceChildren(select, ...(field?.link ? [this.missingChoice(field)] : []));
    };
    select.addEventListener("change", () => {
      this.mapping.set(header, select.value || null);
      select.classList.toggle("is-need", !select.value);
      links();
      changed();
    });
    links();
    return h(
      "tr",
      { role: "row" },
      h("td", { role: "cell", class: "name", "data-label": t("import.column") }, header, column?.hidden ? h("span", { class: "tag mut" }, t("import.hidden_column")) : null),
      h("td", { role: "cell", class: "sec", "data-label": t("import.samples") }, h("span", { class: "trunc" }, (column?.samples ?? []).join(" · "))),
      h("td", { role: "cell", "data-label": t("import.into") }, into),
    );
  }

  private missingChoice(field: Field): HTMLElement {
    const values: Missing[] = field.link?.create ? ["fault", "create", "empty"] : ["fault", "empty"];
    const now = this.missing.get(field.path) ?? "fault";
    const select = h("select", { class: "in sm", "aria-label": t("import.missing_link", { name: field.title }) }, ...values.map((value) => h("option", { value, selected: value === now }, t(`import.link_${value}`))));
    select.addEventListener("change", () => this.missing.set(field.path, select.value as Missing));
    return select;
  }

  /** Whether columns were matched as the last time, and the other way of matching. */
  private lastUsed(again: () => void): HTMLElement | null {
    if (!this.preview?.last || (!this.preview.last.used && !this.fresh)) return null;
    const turn = () => {
      this.fresh = !this.fresh;
      again();
    };
    const button = h("button", { type: "button", class: "btn ghost sm", onclick: turn }, icon("history", "s"), t(this.fresh ? "import.use_last" : "import.use_names"));
    return h("div", { class: "row wrap mb16 g12" }, this.fresh ? null : h("span", { class: "t13 mut" }, t("import.last_used")), button);
  }

  /** Sheets besides the one that is imported: those with rows of child tables, those that are hidden. */
  private otherSheets(preview: Preview): HTMLElement | null {
    const lines = preview.tables.flatMap((table) => (table.sheet ? [t("import.table_sheet", { title: table.title, sheet: table.sheet, count: table.rows })] : []));
    if (preview.hidden_sheets.length > 0) lines.push(t("import.hidden_sheets", { names: preview.hidden_sheets.join(t("list_comma")) }));
    if (lines.length === 0 || preview.encoding) return null;
    return h("ul", { class: "im-list card" }, ...lines.map((line) => h("li", {}, line)));
  }

  /** Checks (nothing is written) or imports, as a job with progress. */
  private async run(dry: boolean): Promise<void> {
    if (!this.file || !this.preview) return;
    const data = new FormData();
    const used = new Set(this.mapping.values());
    const links = [...this.missing].filter(([path, missing]) => used.has(path) && missing !== "fault").map(([path, missing]) => [path, { missing }]);
    const mapping = { form: this.form, sheet: this.preview.sheet ?? null, header_row: this.preview.header_row, columns: Object.fromEntries(this.mapping), links: Object.fromEntries(links), options: optionsOf(this.options) };
    data.append("file", this.file, this.file.name);
    data.append("mapping", JSON.stringify(mapping));
    data.append("mode", this.mode);
    if (this.mode !== "create" && this.key) data.append("key", this.key);
    data.append("dry_run", String(dry));
    const button = find("button.pri", this.actions);
    const end = button ? busy(button) : () => {};
    const answer = await call("POST", `/api/records/${this.form}/import`, { form: data, headers: { "Idempotency-Key": newKey() } });
    end();
    if (!answer.ok) {
      failed(reason(answer));
      return;
    }
    await this.follow(answer.body?.job ?? answer.body?.id ?? "", dry);
  }

  private async follow(id: string, dry: boolean): Promise<void> {
    const bar = h("progress", { max: 1, "aria-label": dry ? t("import.checking") : t("import.importing") });
    const text = h("p", { class: "num sec" });
    this.show(dry ? 3 : 4, h("section", { class: "card job" }, h("h2", {}, dry ? t("import.checking") : t("import.importing")), bar, text, h("p", { class: "t13 mut" }, t("import.may_leave"))));
    let wait = 300;
    for (;;) {
      const answer = await call("GET", `/api/jobs/${id}`);
      if (!answer.ok) {
        failed(reason(answer), { text: t("retry"), run: () => void this.follow(id, dry) });
        return;
      }
      const job = answer.body as Job;
      if (job.total > 0) bar.value = job.done / job.total;
      text.textContent = t("import.progress", { done: job.done, total: job.total });
      if (job.state === "done" || job.state === "failed" || job.state === "cancelled") {
        this.report(job, dry);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(wait * 1.5, 2000);
    }
  }

  private report(job: Job, dry: boolean): void {
    const bad = badRows(job);
    const good = Math.max(job.total - bad, 0);
    const fields = this.preview?.fields ?? [];
    const parts: (Node | null)[] = [];
    if (job.state !== "done") parts.push(h("div", { class: "note bad mb16", role: "alert" }, icon("circle-alert"), h("span", {}, job.result?.message ?? t("import.broken"))));
    else if (!dry) parts.push(h("div", { class: "note ok mb16", role: "status" }, icon("circle-check"), h("span", {}, t("import.finished"))));
    else if (bad === 0) parts.push(h("div", { class: "note ok mb16", role: "status" }, icon("circle-check"), h("span", {}, t("import.no_faults"))));
    parts.push(figures(job, dry));
    if (job.faults.length > 0) {
      parts.push(told(job.faults, fields, false, downloadOf(job)));
      if (!dry && job.result?.file) parts.push(h("p", { class: "t13 sec mb16" }, t("import.mend")));
    }
    if ((job.warnings ?? []).length > 0) parts.push(told(job.warnings, fields, true, null));
    parts.push(account(job, this.preview));
    this.show(dry ? 3 : 5, ...parts);
    const back = h("button", { type: "button", class: "btn", onclick: () => this.matchColumns() }, icon("chevron-left"), h("span", { class: "m-vh" }, t("import.back")));
    if (dry) {
      const go = h("button", { type: "button", class: "btn pri", onclick: () => void this.run(false) }, t("import.go", { count: good }));
      go.disabled = good === 0 || job.state !== "done";
      this.actions.replaceChildren(back, go);
    } else this.actions.replaceChildren(h("button", { type: "button", class: "btn", onclick: () => this.restart() }, t(bad > 0 ? "import.mended" : "import.another")), h("a", { class: "btn pri", href: this.host.dataset["list"] ?? "" }, t("import.to_list")));
    announce(dry ? t("import.checked", { good, bad }) : t("import.finished"));
  }
}

const host = document.getElementById("import");
if (host) new Wizard(host);
