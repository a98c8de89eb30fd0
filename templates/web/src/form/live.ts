// The form while it is filled in: the server says what is shown, required, locked, offered, computed and wrong now. One question is
// under way at a time, none while a text is being composed, and what somebody is typing is never overwritten.

import { type Answer, call } from "../base/api.ts";
import { all, announce, debounce, find, h, icon } from "../base/dom.ts";
import { isInComposition } from "../base/key.ts";
import { type Json, sameJson } from "../base/json.ts";
import { Grid } from "../control/grid.ts";
import { setLocked } from "../control/part.ts";
import { type Field, likeBefore } from "./words.ts";

export interface Told {
  field: string;
  code: string;
  message: string;
}

export interface Preview {
  record?: { [key: string]: Json };
  show?: string[];
  hide?: string[];
  require?: string[];
  readonly?: string[];
  options?: { [key: string]: string[] };
  faults?: Told[];
  warnings?: Told[];
}

/** What the form does with what is told. */
interface Page {
  fields(): Field[];
  mark(host: HTMLElement, message: string): void;
  unmark(host: HTMLElement): void;
}

export class Live {
  /** Fields that somebody changed: only they are faulty before all is saved, and rules give them no value. */
  readonly touched = new Set<string>();
  readonly locked = new Set<string>();
  private readonly name: string;
  private readonly started: Set<string>;
  /** Fields that the last answer found faulty. */
  readonly marked = new Set<string>();
  private inGrids = "";
  private said = "";
  private asking = false;
  private again = false;
  /** A value waits until somebody leaves the field that it belongs to. */
  private isHeld = false;
  private readonly soon = debounce(250, () => void this.look());

  constructor(
    private readonly form: HTMLFormElement,
    private readonly page: Page,
  ) {
    this.name = form.dataset["form"] ?? "";
    this.started = new Set(JSON.parse(form.dataset["started"] ?? "[]") as string[]);
    form.addEventListener("compositionend", () => this.soon());
    // what could not be put in while somebody typed there is put in when he leaves
    form.addEventListener("focusout", () => {
      if (this.isHeld) this.soon();
    });
  }

  /** Somebody changed a field. */
  changed(path: string | undefined): void {
    if (path) this.touched.add(path);
    if ("live" in this.form.dataset) this.soon();
  }

  /** Looks at once, where the form has something to be looked at. */
  start(): void {
    if ("live" in this.form.dataset) void this.look();
  }

  private async look(): Promise<void> {
    if (!this.name || isInComposition()) return;
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    this.again = false;
    this.isHeld = false;
    const sent = this.draft();
    const answer = await this.ask(sent);
    this.asking = false;
    if (answer.ok && answer.body && !isInComposition()) this.apply(answer.body as Preview, sent);
    if (this.again && !this.isHeld) void this.look();
  }

  private isTyping(): boolean {
    const active = document.activeElement;
    return active instanceof HTMLElement && this.form.contains(active) && active.matches("input[type=text], textarea");
  }

  /** The draft as it stands, as the server judges it. */
  ask(draft = this.draft()): Promise<Answer> {
    return call("POST", `/api/records/${this.name}/preview`, { json: draft, exact: true });
  }

  private draft(): { [key: string]: Json } {
    const record: { [key: string]: Json } = {};
    const id = this.form.dataset["id"];
    for (const field of this.page.fields()) {
      const reading = field.read();
      if ("fault" in reading || field.readonly) continue;
      // what nobody touched in a new record is the server's to give
      if (id || this.touched.has(field.path) || this.started.has(field.path)) record[field.path] = reading.value;
    }
    if (id) record["id"] = id;
    return record;
  }

  private apply(preview: Preview, sent: { [key: string]: Json }): void {
    // where somebody is, stays where it is
    const anchor = this.form.contains(document.activeElement) ? document.activeElement : null;
    const before = anchor?.getBoundingClientRect().top ?? 0;
    this.showComputed(preview.record ?? {});
    this.put(preview.record ?? {}, sent);
    this.toggle(new Set(preview.hide ?? []));
    this.require(new Set(preview.require ?? []));
    this.lock(new Set(preview.readonly ?? []));
    for (const field of this.page.fields()) {
      if (!(field instanceof Grid)) field.narrow(preview.options?.[field.path] ?? null);
    }
    this.tell(preview.faults ?? [], preview.warnings ?? []);
    const moved = (anchor?.getBoundingClientRect().top ?? 0) - before;
    if (moved !== 0) scroller(this.form).scrollTop += moved;
  }

  private put(record: { [key: string]: Json }, sent: { [key: string]: Json }): void {
    for (const field of this.page.fields()) {
      if (field instanceof Grid || field.readonly || !(field.path in record)) continue;
      const reading = field.read();
      const now = "value" in reading ? reading.value : undefined;
      const given = record[field.path] ?? null;
      if (now === undefined || same(now, given)) continue;
      // typed since the question was asked
      if (field.path in sent && !same(now, sent[field.path])) continue;
      if (field.host.contains(document.activeElement) && this.isTyping()) this.isHeld = true;
      else field.put(given);
    }
  }

  private toggle(hidden: Set<string>): void {
    for (const field of this.page.fields()) {
      const host = field.host.closest<HTMLElement>("[data-field]");
      if (host) host.hidden = hidden.has(field.path);
      if (field instanceof Grid) field.hide(columns(hidden, field.path));
    }
    for (const section of all(".fs:not([data-field])", this.form)) {
      const places = all("[data-field]", section);
      section.hidden = places.length > 0 && places.every((place) => place.hidden);
    }
  }

  private require(required: Set<string>): void {
    for (const field of this.page.fields()) {
      if (field instanceof Grid) {
        field.require(columns(required, field.path));
        continue;
      }
      if (field.readonly) continue;
      field.required = required.has(field.path);
      const label = find("label, .lab", field.host);
      const star = label && find(".req", label);
      if (field.required && label && !star) label.append(" ", h("span", { class: "req", "aria-hidden": "true" }, "*"));
      if (!field.required) star?.remove();
      const input = find("input:not(.native):not([type=file]), textarea, select", field.host);
      if (field.required) input?.setAttribute("aria-required", "true");
      else input?.removeAttribute("aria-required");
    }
  }

  private lock(readonly: Set<string>): void {
    for (const field of this.page.fields()) {
      if (field.readonly) continue;
      if (field instanceof Grid) {
        field.lock(columns(readonly, field.path));
        continue;
      }
      const isLocked = readonly.has(field.path);
      if (isLocked === this.locked.has(field.path)) continue;
      if (isLocked) this.locked.add(field.path);
      else this.locked.delete(field.path);
      setLocked(field.host, isLocked);
    }
  }

  private tell(faults: Told[], warnings: Told[]): void {
    const fields = this.page.fields();
    const of = (path: string) => fields.find((field) => field.path === path.split("/")[0]);
    const shown = new Map<string, string>();
    const inGrids: Told[] = [];
    const whole: Told[] = faults.filter((fault) => fault.field === "" && this.touched.size > 0);
    for (const fault of faults) {
      const field = of(fault.field);
      if (!field || !this.touched.has(field.path)) continue;
      if (field instanceof Grid) {
        // an empty cell of a row that is just being filled in is no mistake yet
        if (fault.code !== "required") inGrids.push(fault);
      } else if (!shown.has(field.path) && !(fault.code === "required" && field.host.contains(document.activeElement))) shown.set(field.path, fault.message);
    }
    for (const field of fields) {
      if (field instanceof Grid) continue;
      const message = shown.get(field.path);
      if (message !== undefined) this.page.mark(field.host, message);
      else if (this.marked.has(field.path)) this.page.unmark(field.host);
      const warning = warnings.find((one) => one.field === field.path);
      warn(field.host, field.path, warning?.message);
    }
    this.marked.clear();
    for (const path of shown.keys()) this.marked.add(path);
    this.tellGrids(fields, inGrids);
    const rest = [...whole.map((told) => ({ ...told, bad: true })), ...warnings.filter((one) => !of(one.field) || of(one.field) instanceof Grid).map((told) => ({ ...told, bad: false }))];
    const place = document.getElementById("told");
    if (place) {
      place.replaceChildren(...rest.map((told) => h("div", { class: `note ${told.bad ? "bad" : "warn"}` }, icon(told.bad ? "circle-alert" : "triangle-alert"), h("span", {}, told.message))));
    }
    const said = [...faults.filter((fault) => shown.has(fault.field)), ...warnings, ...whole].map((told) => told.message).join(" ");
    if (said && said !== this.said) announce(said);
    this.said = said;
  }

  private tellGrids(fields: Field[], faults: Told[]): void {
    const now = JSON.stringify(faults);
    if (now === this.inGrids) return;
    this.inGrids = now;
    for (const field of fields) {
      if (!(field instanceof Grid)) continue;
      field.clearFaults();
      for (const fault of faults) {
        const [table, row, column = ""] = fault.field.split("/");
        if (table === field.path && row !== undefined) field.showFault(Number(row), column, fault.message);
      }
    }
  }

  private showComputed(record: { [key: string]: Json }): void {
    for (const place of all("[data-shown]")) {
      const [name = "", row, column] = (place.dataset["shown"] ?? "").split("/");
      let value: unknown = record[name];
      if (row !== undefined) value = Array.isArray(value) ? (value[Number(row)] as Record<string, unknown> | undefined)?.[column ?? ""] : undefined;
      if (value === undefined) continue;
      const text = likeBefore(place.textContent ?? "", value);
      if (text !== null && text !== place.textContent?.trim()) place.textContent = text;
    }
    for (const grid of this.page.fields()) if (grid instanceof Grid) grid.host.dispatchEvent(new CustomEvent("fw-sum"));
  }
}

/** Whether two values say the same: what is empty is so in any form. */
function same(a: Json, b: Json): boolean {
  const isEmpty = (value: Json) => value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
  return (isEmpty(a) && isEmpty(b)) || sameJson(a, b);
}

/** The columns of a table among places such as `lines.note`. */
function columns(places: Set<string>, table: string): Set<string> {
  const own = [...places].filter((place) => place.startsWith(`${table}.`));
  return new Set(own.map((place) => place.slice(table.length + 1)));
}

function warn(host: HTMLElement, path: string, message: string | undefined): void {
  const place = find(".wrn", host);
  if (message === undefined) place?.remove();
  else if (place) {
    const text = find("span", place);
    if (text && text.textContent !== message) text.textContent = message;
  } else host.append(h("span", { class: "wrn", id: `w-${path}` }, icon("triangle-alert", "s"), h("span", {}, message)));
}

/** What scrolls under an element. */
function scroller(from: Element): Element {
  for (let at: Element | null = from; at; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return document.scrollingElement ?? document.documentElement;
}
