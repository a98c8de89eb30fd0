// Filling in a record: reads all controls, saves through the API, shows every fault at once, keeps what was typed.

import { type Answer, call, newKey, type Problem, reason } from "./base/api.ts";
import { ask } from "./base/dialog.ts";
import { all, busy, debounce, find, h, icon, meta } from "./base/dom.ts";
import { type Json, sameJson } from "./base/json.ts";
import { isCommand, onKey } from "./base/key.ts";
import { t } from "./base/text.ts";
import { failed } from "./base/toast.ts";
import { attach } from "./control/control.ts";
import { Grid } from "./control/grid.ts";
import type { Setting } from "./control/part.ts";
import { setRecordValues } from "./control/picker.ts";
import { askConflict, type Change, keepDrawn, readTheirs } from "./form/conflict.ts";
import { Duplicates } from "./form/duplicates.ts";
import { Live, type Preview } from "./form/live.ts";
import type { Field } from "./form/words.ts";

interface Fault {
  path: string;
  label: string;
  message: string;
}

const DRAFT_DAYS = 7;

class RecordForm {
  private readonly fields: Field[];
  private readonly setting: Setting;
  private readonly initial = new Map<string, Json>();
  /** Values the server found faulty: their fields stay marked until something else is typed. */
  private readonly refused = new Map<string, Json>();
  private readonly draftName: string | null;
  private version: string | null;
  private key = newKey();
  private saving = false;
  private leaving = false;
  private dirty = false;
  private readonly live: Live;
  private readonly duplicates: Duplicates | null;

  constructor(private readonly form: HTMLFormElement) {
    const data = form.dataset;
    this.setting = { today: data["today"] || new Date().toISOString().slice(0, 10), zone: data["zone"] || Intl.DateTimeFormat().resolvedOptions().timeZone };
    this.version = data["version"] ?? null;
    const hosts = all("[data-control]", form).filter((host) => !host.closest("tbody"));
    keepDrawn(hosts);
    this.fields = hosts.flatMap((host) => (host.dataset["control"] === "table" ? new Grid(host, this.setting) : (attach(host, this.setting) ?? [])));
    for (const field of this.fields) this.initial.set(field.path, valueOf(field));
    setRecordValues((path) => {
      const field = this.fields.find((one) => one.path === path);
      return field ? valueOf(field) : null;
    });
    this.draftName = data["form"] ? `fw-draft:${meta("login")}:${data["form"]}:${data["id"] ?? "new"}` : null;
    for (const button of all<HTMLButtonElement>("[data-save]")) button.hidden = false;
    this.duplicates = "compared" in data ? new Duplicates(form, (paths) => this.valuesOf(paths)) : null;
    this.live = new Live(form, { fields: () => this.fields, mark: (host, message) => this.mark(host, message), unmark: (host) => this.unmark(host) });
    this.listen();
    this.offerDraft();
    this.linkUnits();
    this.takeAsked();
    this.live.start();
    if (find("#faults:not([hidden])", form)) find("#faults", form)?.focus();
  }

  private listen(): void {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    });
    const keepDraft = debounce(600, () => this.keepDraft());
    this.form.addEventListener("fw-change", (event) => {
      this.dirty = true;
      keepDraft();
      const path = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-field]")?.dataset["field"] : undefined;
      this.live.changed(path);
      if (path) this.duplicates?.look(path);
    });
    this.form.addEventListener("fw-fault", (event) => {
      const host = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-field]") : null;
      if (host && event instanceof CustomEvent) this.mark(host, String(event.detail));
    });
    this.form.addEventListener("focusout", (event) => {
      const host = event.target instanceof Element ? event.target.closest<HTMLElement>(".f[data-field]") : null;
      const field = host && this.fields.find((one) => one.path === host.dataset["field"]);
      if (!host || !field || field instanceof Grid || host.contains(event.relatedTarget as Node | null)) return;
      const reading = field.read();
      if ("fault" in reading) this.mark(host, reading.fault);
      else if (host.classList.contains("bad") && !this.live.marked.has(field.path) && !sameJson(reading.value, this.refused.get(field.path))) this.unmark(host);
    });
    onKey(document.body, (event) => {
      if (isCommand(event) && (event.key === "s" || event.key === "Enter")) {
        event.preventDefault();
        void this.save();
      }
    });
    addEventListener("beforeunload", (event) => {
      if (this.isDirty() && !this.leaving) event.preventDefault();
    });
    document.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
      if (!link || link.target === "_blank" || link.hasAttribute("download") || link.getAttribute("href")?.startsWith("#") || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (!this.isDirty()) return;
      event.preventDefault();
      void ask({ title: t("leave.title"), text: t("leave.text"), confirm: t("leave.confirm"), danger: true }).then((leave) => {
        if (!leave) return;
        this.leaving = true;
        this.dropDraft();
        location.assign(link.href);
      });
    });
    find("#faults", this.form)?.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a") : null;
      const path = link?.getAttribute("href")?.slice(3);
      if (path) {
        event.preventDefault();
        this.focusOn(decodeURIComponent(path));
      }
    });
  }

  private isDirty(): boolean {
    return this.dirty && this.fields.some((field) => !sameJson(valueOf(field), this.initial.get(field.path)));
  }

  /** Currency fields follow the choice that names the currency. */
  private linkUnits(): void {
    for (const host of all("[data-unit-field]", this.form)) {
      const source = host.dataset["unitField"] ?? "";
      const refresh = () => {
        const field = this.fields.find((one) => one.path === source);
        const unit = field ? valueOf(field) : null;
        const place = find("[data-unit]", host);
        if (place && typeof unit === "string") place.textContent = unit;
      };
      find(`[data-field="${CSS.escape(source)}"]`, this.form)?.addEventListener("fw-change", refresh);
    }
  }

  /** Values to send and faults found here. A stored record sends only what changed. */
  private collect(): { values: { [key: string]: Json }; faults: Fault[] } {
    const values: { [key: string]: Json } = {};
    const faults: Fault[] = [];
    const isNew = this.form.dataset["method"] === "POST";
    for (const field of this.fields) {
      if (field.readonly || this.live.locked.has(field.path)) continue;
      const isHidden = this.isHidden(field);
      const reading = field.read();
      // what a rule hides keeps its value; it is neither asked for nor found faulty
      if (isHidden && "fault" in reading) continue;
      if (field instanceof Grid && "faults" in reading && !isHidden) faults.push(...(reading.faults as Fault[]));
      if ("fault" in reading) {
        faults.push({ path: field.path, label: field.label, message: reading.fault });
        continue;
      }
      const empty = reading.value === null || (Array.isArray(reading.value) && reading.value.length === 0);
      if (!(field instanceof Grid) && field.required && empty && !isHidden) faults.push({ path: field.path, label: field.label, message: t("required") });
      if (isNew ? !empty || this.live.touched.has(field.path) : !sameJson(reading.value, this.initial.get(field.path))) values[field.path] = reading.value;
    }
    return { values, faults };
  }

  /** Values as they stand, null where a control holds none that can be read. */
  private valuesOf(paths: string[]): { [key: string]: Json } {
    const out: { [key: string]: Json } = {};
    for (const field of this.fields.filter((one) => paths.includes(one.path))) {
      const reading = field.read();
      out[field.path] = "fault" in reading ? null : reading.value;
    }
    return out;
  }

  private isHidden(field: Field): boolean {
    return field.host.closest("[data-field][hidden]") !== null;
  }

  private async save(): Promise<void> {
    if (this.saving) return;
    const { values, faults } = this.collect();
    this.clearFaults();
    this.saving = true;
    const ends = all("[data-save]").map(busy);
    if (faults.length > 0) {
      const whole = await this.withServerFaults(faults);
      this.saving = false;
      for (const end of ends) end();
      this.showFaults(whole);
      return;
    }
    if (this.form.dataset["method"] === "POST" && (await this.duplicates?.refuses())) {
      this.saving = false;
      for (const end of ends) end();
      this.duplicates?.reveal();
      failed(t("duplicates.refused"));
      return;
    }
    const headers: Record<string, string> = { "Idempotency-Key": this.key };
    if (this.version !== null) headers["If-Match"] = `"${this.version}"`;
    const method = this.form.dataset["method"] ?? "POST";
    const answer = await call(method, this.form.dataset["href"] ?? "", { json: values, headers });
    this.saving = false;
    for (const end of ends) end();
    this.key = newKey();
    if (answer.ok) this.saved(answer);
    else if (answer.status === 409 && (answer.body as Problem | null)?.code === "record_conflict") void this.conflict(answer.body as Problem);
    else if (answer.status === 422 && answer.body?.errors) this.showFaults(this.named(answer.body as Problem));
    else failed(reason(answer), answer.status === 0 ? { text: t("retry"), run: () => void this.save() } : undefined);
  }

  /** The faults found here and those that only the server knows, in the order of the page: all at once. */
  private async withServerFaults(here: Fault[]): Promise<Fault[]> {
    const answer = this.form.dataset["form"] ? await this.live.ask() : null;
    const told = answer?.ok ? ((answer.body as Preview).faults ?? []) : [];
    const places = new Set(here.map((fault) => fault.path));
    const others = this.named({ errors: told }).filter((fault) => !places.has(fault.path) && this.isShown(fault.path));
    const position = (fault: Fault) => this.fields.findIndex((field) => field.path === fault.path.split("/")[0]);
    return [...here, ...others].sort((a, b) => position(a) - position(b));
  }

  private saved(answer: Answer): void {
    this.leaving = true;
    this.dropDraft();
    const body = answer.body as { id?: string; invitation?: string } | null;
    const next = (this.form.dataset["next"] ?? "").replace("{id}", body?.id ?? this.form.dataset["id"] ?? "");
    const link = body?.invitation;
    if (link) {
      // A one-time link is shown before the page goes on.
      this.form.dispatchEvent(new CustomEvent("fw-invitation", { bubbles: true, detail: { link, next } }));
      return;
    }
    sessionStorage.setItem("fw-toast", t("saved"));
    location.assign(next || location.href);
  }

  /** The server's faults with the words of the fields on this page. */
  private named(problem: Problem): Fault[] {
    return (problem.errors ?? []).map((fault) => {
      const path = fault.field.replace(/^\//, "");
      return { path, label: this.labelOf(path), message: fault.message };
    });
  }

  private labelOf(path: string): string {
    const [table = "", row, column] = path.split("/");
    const field = this.fields.find((one) => one.path === table);
    if (!field) return path;
    if (field instanceof Grid && row !== undefined) {
      const control = field.control(Number(row), column ?? "");
      return t("grid.where", { table: field.label, row: Number(row) + 1, column: control?.label ?? column ?? "" });
    }
    return field.label;
  }

  private showFaults(faults: Fault[]): void {
    const summary = find("#faults", this.form);
    if (!summary) return;
    const heading = find("b", summary);
    if (heading) heading.textContent = t("faults", { count: faults.length });
    find("ul", summary)?.replaceChildren(
      ...faults.map((fault) => {
        const known = fault.path !== "" && this.isShown(fault.path);
        return h("li", {}, known ? h("a", { class: "link", href: `#f-${fault.path}` }, fault.label) : fault.label, fault.label ? t("colon") : "", fault.message);
      }),
    );
    for (const fault of [...faults].reverse()) this.showFault(fault);
    for (const section of all(".fs", this.form)) {
      const count = faults.filter((fault) => find(`[data-field="${CSS.escape(fault.path.split("/")[0] ?? "")}"]`, section)).length;
      const place = find("[data-fault-count]", section);
      if (place) {
        place.hidden = count === 0;
        place.textContent = String(count);
      }
    }
    summary.hidden = false;
    summary.focus();
    summary.scrollIntoView({ block: "start", behavior: "instant" });
  }

  private isShown(path: string): boolean {
    const field = this.fields.find((one) => one.path === path.split("/")[0]);
    return field !== undefined && !this.isHidden(field);
  }

  private showFault(fault: Fault): void {
    const [table = "", row, column] = fault.path.split("/");
    const field = this.fields.find((one) => one.path === table);
    if (field instanceof Grid) {
      if (row !== undefined) field.showFault(Number(row), column ?? "", fault.message);
      else {
        const place = find(".grid-err", field.host);
        if (place) {
          place.hidden = false;
          place.replaceChildren(icon("circle-alert", "s"), fault.message);
        }
      }
      return;
    }
    const host = find(`.f[data-field="${CSS.escape(table)}"]`, this.form);
    if (!host) return;
    if (field) this.refused.set(field.path, valueOf(field));
    this.mark(host, fault.message);
  }

  private mark(host: HTMLElement, message: string): void {
    host.classList.add("bad");
    const id = `e-${host.dataset["field"]}`;
    let place = find(`.err`, host);
    if (!place) {
      place = h("span", { class: "err", id });
      host.append(place);
    }
    place.id = id;
    place.replaceChildren(icon("circle-alert", "s"), h("span", {}, message));
    const input = find("input:not(.native), textarea, select", host);
    input?.setAttribute("aria-invalid", "true");
    const help = find(".help", host)?.id;
    input?.setAttribute("aria-describedby", help ? `${id} ${help}` : id);
  }

  private unmark(host: HTMLElement): void {
    host.classList.remove("bad");
    find(".err", host)?.remove();
    const input = find("input:not(.native), textarea, select", host);
    input?.removeAttribute("aria-invalid");
    const help = find(".help", host)?.id;
    if (help) input?.setAttribute("aria-describedby", help);
    else input?.removeAttribute("aria-describedby");
  }

  private clearFaults(): void {
    const summary = find("#faults", this.form);
    if (summary) summary.hidden = true;
    for (const host of all(".f.bad", this.form)) this.unmark(host);
    for (const place of all<HTMLElement>("[data-fault-count], .grid-err", this.form)) place.hidden = true;
    for (const field of this.fields) if (field instanceof Grid) field.clearFaults();
  }

  private focusOn(path: string): void {
    const [table = "", row, column] = path.split("/");
    const field = this.fields.find((one) => one.path === table);
    const control = field instanceof Grid && row !== undefined ? field.control(Number(row), column ?? "") : undefined;
    (control ?? field)?.host.scrollIntoView({ block: "center" });
    (control ?? field)?.focus();
  }

  /** Somebody else saved meanwhile: the record is read anew; per field mine or theirs, and what I did not touch is theirs. */
  private async conflict(problem: Problem): Promise<void> {
    const theirs = await readTheirs(problem, this.form, this.version, this.fields);
    if (!theirs) {
      failed(t("conflict.failed"), { text: t("retry"), run: () => void this.save() });
      return;
    }
    const mine = new Set(this.fields.filter((field) => !sameJson(valueOf(field), this.initial.get(field.path))).map((field) => field.path));
    askConflict(theirs, mine, {
      drop: () => this.reload(),
      save: (taken) => {
        this.version = theirs.version;
        this.form.dataset["version"] = theirs.version;
        for (const change of theirs.changes) if (!mine.has(change.path) || taken.has(change.path)) this.take(change);
        void this.save();
      },
    });
  }

  /** Puts what somebody else saved in the place of what stood here. */
  private take(change: Change): void {
    const at = this.fields.findIndex((field) => field.path === change.path);
    const before = this.fields[at];
    if (!before) return;
    const host = document.importNode(change.host, true);
    before.host.replaceWith(host);
    const field = host.dataset["control"] === "table" ? new Grid(host, this.setting) : attach(host, this.setting);
    if (!field) return;
    this.fields[at] = field;
    this.initial.set(field.path, valueOf(field));
  }

  private reload(): void {
    this.leaving = true;
    this.dropDraft();
    location.reload();
  }

  /** Values that the address asks for (`?status=won`), as if somebody had typed them into a stored record. */
  private takeAsked(): void {
    if (!this.form.dataset["id"]) return;
    for (const [name, value] of new URLSearchParams(location.search)) {
      const field = this.fields.find((one) => one.path === name);
      if (field && !(field instanceof Grid) && !field.readonly) field.type(value);
    }
  }

  private keepDraft(): void {
    if (!this.draftName || !this.isDirty() || this.leaving) return;
    const fields = Object.fromEntries(this.fields.filter((field) => !isSecret(field)).map((field) => [field.path, field.keep()]));
    try {
      localStorage.setItem(this.draftName, JSON.stringify({ at: Date.now(), version: this.version, fields }));
    } catch {
      return;
    }
    const note = document.getElementById("draft-note");
    if (note) {
      note.hidden = false;
      const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(new Date());
      note.replaceChildren(icon("circle-check", "s"), t("draft.kept", { time }));
    }
  }

  private dropDraft(): void {
    if (this.draftName) localStorage.removeItem(this.draftName);
  }

  private offerDraft(): void {
    const text = this.draftName && localStorage.getItem(this.draftName);
    if (!text) return;
    const draft = JSON.parse(text) as { at: number; version: string | null; fields: Record<string, Json> };
    if (Date.now() - draft.at > DRAFT_DAYS * 86_400_000 || draft.version !== this.version) {
      this.dropDraft();
      return;
    }
    const at = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }).format(draft.at);
    const note = h("div", { class: "note info" }, icon("info"), h("span", { class: "grow" }, t("draft.found", { at })));
    const take = h("button", { type: "button", class: "btn sm" }, t("draft.take"));
    const drop = h("button", { type: "button", class: "btn ghost sm" }, t("draft.drop"));
    take.addEventListener("click", () => {
      for (const field of this.fields) {
        const kept = draft.fields[field.path];
        if (kept === undefined || sameJson(kept, field.keep())) continue;
        field.restore(kept);
        this.live.changed(field.path);
      }
      this.dirty = true;
      note.remove();
    });
    drop.addEventListener("click", () => {
      this.dropDraft();
      note.remove();
    });
    note.append(take, drop);
    this.form.prepend(note);
  }
}

function valueOf(field: Field): Json {
  const reading = field.read();
  return "value" in reading ? reading.value : { fault: reading.fault, kept: field.keep() };
}

function isSecret(field: Field): boolean {
  return find("input[type=password]", field.host) !== null;
}

for (const form of all<HTMLFormElement>("#record-form")) new RecordForm(form);
