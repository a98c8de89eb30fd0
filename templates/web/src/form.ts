// Filling in a record: reads all controls, saves through the API, shows every fault at once, keeps what was typed.

import { type Answer, call, newKey, type Problem, reason } from "./base/api.ts";
import { ask } from "./base/dialog.ts";
import { all, busy, debounce, find } from "./base/dom.ts";
import { type Json, sameJson } from "./base/json.ts";
import { isCommand, onKey } from "./base/key.ts";
import { t } from "./base/text.ts";
import { failed } from "./base/toast.ts";
import { attach } from "./control/control.ts";
import { Grid } from "./control/grid.ts";
import type { Setting } from "./control/part.ts";
import { setRecordValues } from "./control/source.ts";
import { askConflict, type Change, keepDrawn, readTheirs } from "./form/conflict.ts";
import { Duplicates } from "./form/duplicates.ts";
import { Draft } from "./form/draft.ts";
import { type Fault, Faults } from "./form/faults.ts";
import { Live, type Preview } from "./form/live.ts";
import { type Field, valueOf } from "./form/words.ts";

class RecordForm {
  private readonly fields: Field[];
  private readonly setting: Setting;
  private readonly initial = new Map<string, Json>();
  private readonly faults: Faults;
  private readonly draft: Draft;
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
    this.faults = new Faults(form, () => this.fields);
    this.draft = new Draft(form, () => this.fields, () => this.version);
    for (const button of all<HTMLButtonElement>("[data-save]")) button.hidden = false;
    this.duplicates = "compared" in data ? new Duplicates(form, (paths) => this.valuesOf(paths)) : null;
    this.live = new Live(form, { fields: () => this.fields, mark: (host, message) => this.faults.mark(host, message), unmark: (host) => this.faults.unmark(host) });
    this.listen();
    this.draft.offer((path) => {
      this.dirty = true;
      this.live.changed(path);
    });
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
    const keepDraft = debounce(600, () => {
      if (this.isDirty() && !this.leaving) this.draft.keep();
    });
    this.form.addEventListener("fw-change", (event) => {
      this.dirty = true;
      keepDraft();
      const path = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-field]")?.dataset["field"] : undefined;
      this.live.changed(path);
      if (path) this.duplicates?.look(path);
    });
    this.form.addEventListener("fw-fault", (event) => {
      const host = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-field]") : null;
      if (host && event instanceof CustomEvent) this.faults.mark(host, String(event.detail));
    });
    this.form.addEventListener("focusout", (event) => {
      const host = event.target instanceof Element ? event.target.closest<HTMLElement>(".f[data-field]") : null;
      const field = host && this.fields.find((one) => one.path === host.dataset["field"]);
      if (!host || !field || field instanceof Grid || host.contains(event.relatedTarget as Node | null)) return;
      const reading = field.read();
      if ("fault" in reading) this.faults.mark(host, reading.fault);
      else if (!this.live.marked.has(field.path)) this.faults.unmarkUnlessRefused(host, field.path, reading.value);
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
        this.draft.drop();
        location.assign(link.href);
      });
    });
    find("#faults", this.form)?.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a") : null;
      const path = link?.getAttribute("href")?.slice(3);
      if (path) {
        event.preventDefault();
        this.faults.focusOn(decodeURIComponent(path));
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
      const isHidden = this.faults.isHidden(field);
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

  private async save(): Promise<void> {
    if (this.saving) return;
    const { values, faults } = this.collect();
    this.faults.clear();
    this.saving = true;
    const ends = all("[data-save]").map(busy);
    if (faults.length > 0) {
      const whole = await this.withServerFaults(faults);
      this.saving = false;
      for (const end of ends) end();
      this.faults.show(whole);
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
    else if (answer.status === 422 && answer.body?.errors) this.faults.show(this.faults.named(answer.body as Problem));
    else failed(reason(answer), answer.status === 0 ? { text: t("retry"), run: () => void this.save() } : undefined);
  }

  /** The faults found here and those that only the server knows, in the order of the page: all at once. */
  private async withServerFaults(here: Fault[]): Promise<Fault[]> {
    const answer = this.form.dataset["form"] ? await this.live.ask() : null;
    const told = answer?.ok ? ((answer.body as Preview).faults ?? []) : [];
    const places = new Set(here.map((fault) => fault.path));
    const others = this.faults.named({ errors: told }).filter((fault) => !places.has(fault.path) && this.faults.isShown(fault.path));
    const position = (fault: Fault) => this.fields.findIndex((field) => field.path === fault.path.split("/")[0]);
    return [...here, ...others].sort((a, b) => position(a) - position(b));
  }

  private saved(answer: Answer): void {
    this.leaving = true;
    this.draft.drop();
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
    this.draft.drop();
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
}

for (const form of all<HTMLFormElement>("#record-form")) new RecordForm(form);
