// A child table as a sheet: rows are added, removed, moved; cells are walked with Tab, Enter and arrows; tabbed text is pasted over many
// cells and taken back in one step; sums at the foot.

import { ask } from "../base/dialog.ts";
import { all, announce, find, h, icon } from "../base/dom.ts";
import type { Json } from "../base/json.ts";
import { isCommand, onKey } from "../base/key.ts";
import { t } from "../base/text.ts";
import { done } from "../base/toast.ts";
import { addNumbers, readNumber, showNumber } from "../read/number.ts";
import { isSheet, readSheet } from "../read/sheet.ts";
import { attach, NumberControl } from "./control.ts";
import { dragRows } from "./drag.ts";
import { type Control, type Reading, type Setting, setLocked } from "./part.ts";
import { Range } from "./range.ts";

interface Row {
  element: HTMLTableRowElement;
  cells: Control[];
}

export class Grid {
  readonly path: string;
  readonly label: string;
  readonly readonly: boolean;
  private readonly body: HTMLElement;
  private readonly template: HTMLTemplateElement | null;
  private readonly most: number;
  private rows: Row[] = [];
  private readonly range?: Range;
  /** Columns as the form's rules have them now. */
  private hidden = new Set<string>();
  private required: Set<string> | null = null;
  private locked = new Set<string>();

  constructor(
    readonly host: HTMLElement,
    private readonly setting: Setting,
  ) {
    this.path = host.dataset["path"] ?? "";
    this.label = host.dataset["label"] ?? "";
    this.readonly = "readonly" in host.dataset;
    this.most = Number(host.dataset["maxRows"] ?? "0") || Number.POSITIVE_INFINITY;
    const body = find("tbody", host);
    if (!body) throw new Error(`no rows in ${this.path}`);
    this.body = body;
    this.template = find<HTMLTemplateElement>("template[data-row]", host);
    for (const element of all<HTMLTableRowElement>("tr", body)) this.rows.push(this.wire(element));
    this.number();
    this.sum();
    for (const cell of all("[data-fault]", body)) {
      const [, row = "0", column = ""] = (cell.dataset["path"] ?? "").split("/");
      this.showFault(Number(row), column, cell.dataset["fault"] ?? "");
    }
    host.addEventListener("fw-change", () => this.sum());
    host.addEventListener("fw-sum", () => this.sum());
    find("[data-add]", host)?.addEventListener("click", () => this.add(this.rows.length)?.cells[0]?.focus());
    onKey(host, (event) => this.key(event));
    host.addEventListener("paste", (event) => this.paste(event));
    host.addEventListener("click", (event) => {
      const target = event.target instanceof Element ? event.target : null;
      const row = this.rows.find((one) => target !== null && one.element.contains(target));
      if (row && target?.closest("[data-drop]")) this.remove(row);
    });
    dragRows(this.body, () => this.rows.map((row) => row.element), (from, to) => {
      const row = this.rows[from];
      if (row) this.place(row, to);
    });
    this.range = new Range(host, {
      cells: () => this.rows.map((row) => row.cells),
      isFixed: (cell) => this.readonly || cell.readonly || this.locked.has(nameOf(cell)),
      keep: () => this.keep(),
      restore: (kept) => this.restore(kept),
      changed: () => this.changed(),
    });
  }

  private wire(element: HTMLTableRowElement): Row {
    const cells = all("[data-control]", element).flatMap((host) => attach(host, this.setting) ?? []);
    const row = { element, cells };
    this.rule(row);
    return row;
  }

  /** Gives a row's cells what the form's rules say of their columns. */
  private rule(row: Row): void {
    for (const host of all("[data-control]", row.element)) host.hidden = this.hidden.has(columnOf(host));
    for (const cell of row.cells) {
      if (cell.readonly) continue;
      if (this.required) cell.required = this.required.has(nameOf(cell));
      const isLocked = this.locked.has(nameOf(cell));
      if (isLocked !== cell.host.classList.contains("is-locked")) setLocked(cell.host, isLocked);
    }
  }

  /** Hides columns, and shows the others. */
  hide(columns: Set<string>): void {
    if (sameSet(columns, this.hidden)) return;
    this.hidden = columns;
    const names = this.names();
    for (const line of all("thead tr, tfoot tr", this.host)) {
      [...line.children].forEach((cell, index) => {
        const name = names[index - 1];
        if (cell instanceof HTMLElement && name !== undefined) cell.hidden = columns.has(name);
      });
    }
    for (const row of this.rows) this.rule(row);
  }

  require(columns: Set<string>): void {
    if (this.required && sameSet(columns, this.required)) return;
    this.required = columns;
    const heads = all("thead th", this.host);
    this.names().forEach((name, index) => {
      const head = heads[index + 1];
      const star = head && find(".req", head);
      if (columns.has(name) && head && !star) head.append(h("span", { class: "req", "aria-hidden": "true" }, " *"));
      if (!columns.has(name)) star?.remove();
    });
    for (const row of this.rows) this.rule(row);
  }

  lock(columns: Set<string>): void {
    if (sameSet(columns, this.locked)) return;
    this.locked = columns;
    for (const row of this.rows) this.rule(row);
  }

  /** The names of the columns, in their order. */
  private names(): string[] {
    const line = this.template ? find("tr", this.template.content) : this.rows[0]?.element;
    return line ? all("[data-control]", line).map(columnOf) : [];
  }

  /** Gives fields their paths (`lines/2/qty`), by which faults find them. */
  private number(): void {
    this.range?.clear();
    this.rows.forEach((row, index) => {
      for (const host of all("[data-control]", row.element)) {
        const name = (host.dataset["path"] ?? "").split("/").at(-1) ?? "";
        const path = `${this.path}/${index}/${name}`;
        host.dataset["path"] = path;
        const field = find("[id^='f-']", host);
        if (field) {
          field.id = `f-${path}`;
          if (field.hasAttribute("aria-label")) field.setAttribute("aria-label", t("grid.cell", { row: index + 1, column: host.dataset["label"] ?? "" }));
          if ("shown" in field.dataset) field.dataset["shown"] = path;
        }
      }
    });
    const count = this.host.closest("section")?.querySelector("[data-rows]");
    if (count) count.textContent = String(this.rows.length);
  }

  private add(index: number): Row | null {
    if (!this.template || this.rows.length >= this.most) {
      announce(t("grid.full", { count: this.most }));
      return null;
    }
    const element = find<HTMLTableRowElement>("tr", this.template.content)?.cloneNode(true);
    if (!(element instanceof HTMLTableRowElement)) return null;
    this.body.insertBefore(element, this.rows[index]?.element ?? null);
    const row = this.wire(element);
    this.rows.splice(index, 0, row);
    this.changed();
    return row;
  }

  private remove(row: Row): void {
    const index = this.rows.indexOf(row);
    if (index < 0) return;
    const next = this.rows[index + 1] ?? this.rows[index - 1];
    this.rows.splice(index, 1);
    this.clearFaults();
    row.element.remove();
    this.changed();
    if (next) next.cells[0]?.focus();
    else find("[data-add]", this.host)?.focus();
    done(t("grid.removed", { row: index + 1 }), {
      text: t("undo"),
      run: () => {
        const place = Math.min(index, this.rows.length);
        this.body.insertBefore(row.element, this.rows[place]?.element ?? null);
        this.rows.splice(place, 0, row);
        this.changed();
      },
    });
  }

  private move(row: Row, step: number): void {
    const from = this.rows.indexOf(row);
    this.place(row, Math.max(0, Math.min(this.rows.length - 1, from + step)));
    announce(t("grid.moved", { row: this.rows.indexOf(row) + 1 }));
  }

  private place(row: Row, index: number): void {
    const from = this.rows.indexOf(row);
    if (from === index) return;
    this.clearFaults();
    const focus = document.activeElement;
    this.rows.splice(from, 1);
    this.body.insertBefore(row.element, this.rows[index]?.element ?? null);
    this.rows.splice(index, 0, row);
    if (focus instanceof HTMLElement && row.element.contains(focus)) focus.focus();
    this.changed();
  }

  private changed(): void {
    this.number();
    this.sum();
    this.host.dispatchEvent(new CustomEvent("fw-change", { bubbles: true }));
  }

  private key(event: KeyboardEvent): void {
    const target = event.target;
    if (!(target instanceof HTMLElement)) return;
    const row = this.rows.find((one) => one.element.contains(target));
    if (!row) return;
    const r = this.rows.indexOf(row);
    const c = row.cells.findIndex((cell) => cell.host.contains(target));
    const stop = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (c >= 0 && this.range?.key(event, r, c)) {
      stop();
      return;
    }
    if ((event.altKey || target.matches("[data-move]")) && (event.key === "ArrowUp" || event.key === "ArrowDown") && !this.readonly) {
      stop();
      this.move(row, event.key === "ArrowUp" ? -1 : 1);
    } else if (isCommand(event) && (event.key === "Backspace" || event.key === "Delete") && !this.readonly) {
      stop();
      this.remove(row);
    } else if (event.key === "Enter" && !isCommand(event) && c >= 0 && !(target instanceof HTMLTextAreaElement && event.shiftKey)) {
      stop();
      const below = this.rows[r + 1];
      if (below) below.cells[c]?.focus();
      else if (!this.readonly) this.add(r + 1)?.cells[0]?.focus();
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && c >= 0 && !(target instanceof HTMLSelectElement) && !(target instanceof HTMLTextAreaElement)) {
      const other = this.rows[r + (event.key === "ArrowUp" ? -1 : 1)];
      if (other) {
        stop();
        other.cells[c]?.focus();
      }
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && target instanceof HTMLInputElement && c >= 0) {
      const atEdge = target.selectionStart === target.selectionEnd && target.selectionStart === (event.key === "ArrowLeft" ? 0 : target.value.length);
      const other = row.cells[c + (event.key === "ArrowLeft" ? -1 : 1)];
      if (other && (atEdge || target.type === "checkbox")) {
        stop();
        other.focus();
      }
    }
  }

  private async paste(event: ClipboardEvent): Promise<void> {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const target = event.target;
    if (this.readonly || !isSheet(text) || !(target instanceof HTMLElement)) return;
    const start = this.rows.findIndex((row) => row.element.contains(target));
    if (start < 0) return;
    event.preventDefault();
    const first = Math.max(this.rows[start]?.cells.findIndex((cell) => cell.host.contains(target)) ?? 0, 0);
    const sheet = readSheet(text);
    const width = Math.max(...sheet.map((row) => row.length));
    const columns = (this.rows[start]?.cells.length ?? 0) - first;
    const room = this.most - start;
    if (width > columns || sheet.length > room) {
      const fits = await ask({ title: t("paste.title"), text: t("paste.too_much", { rows: sheet.length, columns: width, most: columns }), confirm: t("paste.confirm") });
      if (!fits) return;
    }
    const before = this.keep();
    sheet.slice(0, room).forEach((cells, offset) => {
      const row = this.rows[start + offset] ?? this.add(start + offset);
      cells.slice(0, columns).forEach((cell, place) => row?.cells[first + place]?.type(cell));
    });
    this.changed();
    done(t("paste.done", { count: Math.min(sheet.length, room) }), { text: t("undo"), run: () => this.restore(before) });
  }

  private sum(): void {
    for (const cell of all("[data-sum]", this.host)) {
      const name = cell.dataset["sum"] ?? "";
      const values = this.rows.map((row) => {
        const control = row.cells.find((one) => one.host.dataset["path"]?.split("/").at(-1) === name);
        if (control instanceof NumberControl) return control.exact();
        const shown = find(`[data-shown$="/${CSS.escape(name)}"]`, row.element)?.textContent?.trim() ?? "";
        const reading = readNumber(shown.replace(/—/g, ""), { scale: 9, percent: false });
        return "value" in reading ? reading.value : "";
      });
      const decimals = Math.max(0, ...values.map((value) => (value.split(".")[1] ?? "").length), ...this.shownDecimals(name));
      cell.textContent = values.some(Boolean) ? showNumber(addNumbers(values), false, decimals) : "";
    }
  }

  private shownDecimals(name: string): number[] {
    return this.rows.map((row) => {
      const field = find<HTMLInputElement>(`[data-path$="/${CSS.escape(name)}"] input`, row.element);
      const text = field?.value ?? find(`[data-shown$="/${CSS.escape(name)}"]`, row.element)?.textContent ?? "";
      return Math.min((text.split(".")[1] ?? "").replace(/\D/g, "").length, 9);
    });
  }

  /** The rows as the API takes them: stored rows keep their id. */
  read(): Reading & { faults: { path: string; label: string; message: string }[] } {
    const faults: { path: string; label: string; message: string }[] = [];
    const value = this.rows.map((row, index) => {
      const members: { [key: string]: Json } = {};
      const id = row.element.dataset["id"];
      if (id) members["id"] = id;
      for (const cell of row.cells) {
        const name = nameOf(cell);
        if (cell.readonly || (this.locked.has(name) && !id)) continue;
        const reading = cell.read();
        if ("fault" in reading && this.hidden.has(name)) continue;
        const label = t("grid.where", { table: this.label, row: index + 1, column: cell.label });
        if ("fault" in reading) faults.push({ path: `${this.path}/${index}/${name}`, label, message: reading.fault });
        else {
          members[name] = reading.value;
          if (cell.required && !this.hidden.has(name) && (reading.value === null || reading.value === undefined)) faults.push({ path: `${this.path}/${index}/${name}`, label, message: t("required") });
        }
      }
      return members;
    });
    return { value, faults };
  }

  keep(): Json {
    return this.rows.map((row) => ({ id: row.element.dataset["id"] ?? null, cells: row.cells.map((cell) => cell.keep()) }));
  }

  restore(kept: Json): void {
    if (!Array.isArray(kept)) return;
    for (const row of this.rows) row.element.remove();
    const stored = new Map(this.rows.map((row) => [row.element.dataset["id"] ?? "", row]));
    this.rows = [];
    for (const item of kept) {
      const members = item as { id?: string | null; cells?: Json[] };
      const known = members.id ? stored.get(members.id) : undefined;
      let row: Row | null;
      if (known) {
        this.body.append(known.element);
        this.rows.push(known);
        row = known;
      } else row = this.add(this.rows.length);
      members.cells?.forEach((cell, index) => row?.cells[index]?.restore(cell ?? null));
    }
    this.changed();
  }

  /** The control of `row` and column, and where its fault is shown. */
  control(row: number, column: string): Control | undefined {
    return this.rows[row]?.cells.find((cell) => cell.host.dataset["path"]?.split("/").at(-1) === column);
  }

  /** Shows a fault under its row. */
  showFault(row: number, column: string, message: string): void {
    const element = this.rows[row]?.element;
    const control = this.control(row, column);
    if (!element) return;
    control?.host.classList.add("badc");
    const field = control && find("input, select, textarea", control.host);
    const id = `e-${this.path}/${row}/${column}`;
    field?.setAttribute("aria-invalid", "true");
    field?.setAttribute("aria-describedby", id);
    const width = all("td", element).length;
    const text = h("span", { class: "err2", id }, icon("circle-alert", "s"), control ? `${control.label}${t("colon")}${message}` : message);
    element.after(h("tr", { class: "errrow", role: "row" }, h("td", { role: "cell", class: "k" }), h("td", { role: "cell", colspan: width - 1 }, text)));
  }

  clearFaults(): void {
    for (const row of all(".errrow", this.body)) row.remove();
    for (const cell of all(".badc", this.body)) {
      cell.classList.remove("badc");
      const field = find("input, select, textarea", cell);
      field?.removeAttribute("aria-invalid");
      field?.removeAttribute("aria-describedby");
    }
  }

  focus(): void {
    const first = this.rows[0]?.cells[0];
    if (first) first.focus();
    else find("[data-add]", this.host)?.focus();
  }
}

/** The column of a cell. */
function columnOf(host: HTMLElement): string {
  return host.dataset["path"]?.split("/").at(-1) ?? "";
}

function nameOf(cell: Control): string {
  return columnOf(cell.host);
}

function sameSet(a: Set<string>, b: Set<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}
