// The filter builder: conditions of field, operator and value, joined by "all" or "any". What it cannot show (nested conditions) is edited
// as JSON.

import { all, find, h, icon } from "../base/dom.ts";
import { Exact, type Json, toJson } from "../base/json.ts";
import { t } from "../base/text.ts";
import { attach } from "../control/control.ts";
import type { Control, Setting } from "../control/part.ts";

type Term = { field: string; op: string; value?: Json };

const OPERATORS: Record<string, string[]> = {
  text: ["contains", "eq", "ne", "starts_with", "ends_with", "is_empty", "not_empty"],
  number: ["eq", "ne", "gt", "ge", "lt", "le", "between", "is_empty", "not_empty"],
  date: ["within", "eq", "gt", "lt", "between", "is_empty", "not_empty"],
  choice: ["in", "not_in", "is_empty", "not_empty"],
  many: ["has_any", "has_all", "has_none", "is_empty", "not_empty"],
  person: ["me", "in", "not_in", "is_empty", "not_empty"],
  department: ["my_department", "in", "under", "is_empty", "not_empty"],
  link: ["in", "not_in", "is_empty", "not_empty"],
  boolean: ["yes", "no"],
  exact: ["eq", "ne", "is_empty", "not_empty"],
  presence: ["is_empty", "not_empty"],
};
const WITHOUT_VALUE = new Set(["is_empty", "not_empty", "me", "my_department", "yes", "no"]);
const WINDOWS = ["today", "yesterday", "tomorrow", "this_week", "last_week", "next_week", "this_month", "last_month", "next_month", "this_quarter", "last_quarter", "this_year", "last_year"];
const UNITS = ["day", "week", "month", "year"];

class Condition {
  readonly element = h("div", { class: "cond" });
  private readonly field = h("select", { class: "in sm", "aria-label": t("filter.field") });
  private readonly operator = h("select", { class: "in sm", "aria-label": t("filter.operator") });
  private readonly place = h("div", { class: "bare" });
  private values: Control[] = [];

  constructor(
    private readonly templates: Map<string, HTMLTemplateElement>,
    private readonly setting: Setting,
    term: Term | null,
    removed: (condition: Condition) => void,
  ) {
    for (const [path, template] of templates) this.field.append(h("option", { value: path }, template.dataset["title"] ?? path));
    if (term) this.field.value = term.field;
    const remove = h("button", { type: "button", class: "btn ghost icon sm", "aria-label": t("filter.remove"), onclick: () => removed(this) }, icon("x", "s"));
    this.element.append(this.field, this.operator, this.place, remove);
    this.field.addEventListener("change", () => {
      this.fillOperators(null);
      this.fillValue(null);
    });
    this.operator.addEventListener("change", () => this.fillValue(null));
    this.fillOperators(term);
    this.fillValue(term);
  }

  private family(): string {
    return this.templates.get(this.field.value)?.dataset["family"] ?? "presence";
  }

  private fillOperators(term: Term | null): void {
    const names = OPERATORS[this.family()] ?? OPERATORS["presence"] ?? [];
    this.operator.replaceChildren(...names.map((name) => h("option", { value: name }, t(`op.${name}`))));
    if (term) this.operator.value = shownOperator(term);
  }

  private control(): Control[] {
    const template = this.templates.get(this.field.value);
    const host = template && find("[data-control]", template.content)?.cloneNode(true);
    if (!(host instanceof HTMLElement)) return [];
    for (const element of all("[id]", host)) element.removeAttribute("id");
    const control = attach(host, this.setting);
    if (!control) return [];
    for (const input of all("input:not(.native), select", host)) input.setAttribute("aria-label", t("filter.value"));
    return [control];
  }

  private fillValue(term: Term | null): void {
    this.values = [];
    const operator = this.operator.value;
    if (WITHOUT_VALUE.has(operator)) {
      this.place.replaceChildren();
    } else if (operator === "within") {
      this.place.replaceChildren(this.window(term?.value ?? null));
    } else if (operator === "between") {
      this.values = [...this.control(), ...this.control()];
      const ends = Array.isArray(term?.value) ? term.value : [];
      this.values.forEach((control, index) => put(control, ends[index] ?? null));
      this.place.replaceChildren(h("div", { class: "pair" }, ...this.values.map((control) => control.host)));
    } else {
      this.values = this.control();
      if (term) for (const control of this.values) put(control, term.value ?? null);
      this.place.replaceChildren(...this.values.map((control) => control.host));
    }
  }

  private window(value: Json): HTMLElement {
    const select = h("select", { class: "in sm", "data-window": true, "aria-label": t("filter.value") });
    for (const name of WINDOWS) select.append(h("option", { value: name }, t(`window.${name}`)));
    select.append(h("option", { value: "last" }, t("window.last")), h("option", { value: "next" }, t("window.next")));
    const count = h("input", { class: "in sm", inputmode: "numeric", value: "7", "data-count": true, "aria-label": t("window.count") });
    const unit = h("select", { class: "in sm", "data-unit": true, "aria-label": t("window.unit") }, ...UNITS.map((name) => h("option", { value: name }, t(`unit.${name}`))));
    const more = h("div", { class: "pair" }, count, unit);
    const refresh = () => {
      more.hidden = select.value !== "last" && select.value !== "next";
    };
    select.addEventListener("change", refresh);
    if (typeof value === "string") select.value = value;
    else if (value && typeof value === "object" && !Array.isArray(value) && !(value instanceof Exact)) {
      const direction = "last" in value ? "last" : "next";
      select.value = direction;
      count.value = String(value[direction] ?? "");
      unit.value = String(value["unit"] ?? "day");
    }
    refresh();
    return h("div", { class: "col g4" }, select, more);
  }

  /** The condition, null while it has no value, or a sentence when its value cannot be read. */
  read(): Json | { fault: string } {
    const field = this.field.value;
    const operator = this.operator.value;
    if (operator === "me") return { field, op: "eq", value: { var: "me" } };
    if (operator === "my_department") return { field, op: "under", value: { var: "me.department" } };
    if (operator === "yes" || operator === "no") return { field, op: "eq", value: operator === "yes" };
    if (WITHOUT_VALUE.has(operator)) return { field, op: operator };
    if (operator === "within") {
      const name = find<HTMLSelectElement>("[data-window]", this.place)?.value ?? "today";
      if (name !== "last" && name !== "next") return { field, op: "within", value: name };
      const count = Number(find<HTMLInputElement>("[data-count]", this.place)?.value ?? "");
      if (!Number.isInteger(count) || count < 1) return { fault: t("filter.count") };
      return { field, op: "within", value: { [name]: count, unit: find<HTMLSelectElement>("[data-unit]", this.place)?.value ?? "day" } };
    }
    const readings = this.values.map((control) => control.read());
    for (const reading of readings) if ("fault" in reading) return { fault: reading.fault };
    const values = readings.map((reading) => ("value" in reading ? reading.value : null));
    if (operator === "between") return values.some((value) => value === null) ? null : { field, op: "between", value: values as Json[] };
    const value = values[0] ?? null;
    return value === null ? null : { field, op: operator, value };
  }

  focus(): void {
    this.field.focus();
  }
}

function shownOperator(term: Term): string {
  const value = term.value;
  if (value && typeof value === "object" && !Array.isArray(value) && !(value instanceof Exact)) {
    if (value["var"] === "me") return "me";
    if (value["var"] === "me.department") return "my_department";
  }
  if (typeof value === "boolean") return value ? "yes" : "no";
  return term.op;
}

function put(control: Control, value: Json): void {
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) control.restore(value.map((item) => ({ id: String(item), title: optionTitle(control.host, String(item)) })));
  else control.type(value instanceof Exact ? value.text : String(value));
}

function optionTitle(host: HTMLElement, id: string): string {
  const options = JSON.parse(find("[data-options]", host)?.dataset["options"] ?? "[]") as { value: string; title: string }[];
  return options.find((option) => option.value === id)?.title ?? id;
}

/** The terms of a flat filter and how they are joined; null for one the builder cannot show. */
export function flat(filter: Json): { any: boolean; terms: Term[] } | null {
  if (filter === null) return { any: false, terms: [] };
  if (typeof filter !== "object" || filter === undefined || Array.isArray(filter) || filter instanceof Exact) return null;
  const isTerm = (one: Json): one is Term => typeof one === "object" && one !== null && !Array.isArray(one) && !(one instanceof Exact) && typeof one["field"] === "string" && typeof one["op"] === "string";
  if (isTerm(filter)) return { any: false, terms: [filter] };
  for (const [name, any] of [["and", false], ["or", true]] as const) {
    const terms = filter[name];
    if (Array.isArray(terms) && Object.keys(filter).length === 1 && terms.every(isTerm)) return { any, terms };
  }
  return null;
}

/** Fills the popover with the builder. `apply` hears the filter as JSON text, empty for none. */
export function buildFilter(pop: HTMLElement, text: string, setting: Setting, apply: (filter: string) => void): void {
  const templates = new Map(all<HTMLTemplateElement>("template[data-filter-field]").map((template) => [template.dataset["filterField"] ?? "", template]));
  const filter = text ? (JSON.parse(text) as Json) : null;
  const simple = flat(filter);
  const known = simple?.terms.every((term) => templates.has(term.field) && (OPERATORS[templates.get(term.field)?.dataset["family"] ?? ""] ?? []).includes(shownOperator(term)));
  const close = h("button", { type: "button", class: "btn ghost icon sm", "data-close-pop": true, "aria-label": t("close") }, icon("x"));
  const fault = h("p", { class: "err", role: "alert", hidden: true });
  const fail = (sentence: string) => {
    fault.hidden = false;
    fault.textContent = sentence;
  };
  const foot = (run: () => void) => {
    const confirm = h("button", { type: "button", class: "btn pri sm", onclick: run }, t("apply"));
    return h("footer", { class: "pop-f" }, h("button", { type: "button", class: "btn ghost sm", onclick: () => apply("") }, t("filter.clear")), h("span", { class: "grow" }), confirm);
  };
  if (!simple || !known) {
    const area = h("textarea", { class: "ta mono", rows: 10, spellcheck: "false", "aria-label": t("filter.json") });
    area.value = JSON.stringify(filter, null, 2);
    const run = () => {
      try {
        apply(area.value.trim() ? JSON.stringify(JSON.parse(area.value)) : "");
      } catch (error) {
        fail(t("json.bad", { reason: error instanceof Error ? error.message : "" }));
      }
    };
    pop.replaceChildren(h("header", { class: "pop-h" }, h("b", {}, t("filter.json")), close), area, fault, foot(run));
    area.focus();
    return;
  }
  const any = h("select", { class: "in sm", "aria-label": t("filter.join") }, h("option", { value: "and" }, t("filter.all")), h("option", { value: "or" }, t("filter.any")));
  any.value = simple.any ? "or" : "and";
  const body = h("div");
  const conditions: Condition[] = [];
  const add = (term: Term | null) => {
    const condition = new Condition(templates, setting, term, (gone) => {
      conditions.splice(conditions.indexOf(gone), 1);
      gone.element.remove();
    });
    conditions.push(condition);
    body.append(condition.element);
    return condition;
  };
  for (const term of simple.terms) add(term);
  if (conditions.length === 0) add(null);
  const run = () => {
    const terms: Json[] = [];
    for (const condition of conditions) {
      const term = condition.read();
      if (term && typeof term === "object" && "fault" in term) {
        fail(String(term["fault"]));
        return;
      }
      if (term !== null) terms.push(term as Json);
    }
    apply(terms.length === 0 ? "" : toJson(terms.length === 1 && any.value === "and" ? (terms[0] as Json) : { [any.value]: terms }));
  };
  const more = h("button", { type: "button", class: "btn ghost sm", onclick: () => add(null).focus() }, icon("plus", "s"), t("filter.add"));
  pop.replaceChildren(h("header", { class: "pop-h" }, h("span", { class: "row" }, h("b", {}, t("filter.title")), any), close), body, fault, more, foot(run));
  conditions[0]?.focus();
}
