// A condition built of lines: field, operator, value; joined by "all" or "any". What lines cannot say is edited as JSON.

import { h, icon } from "../base/dom.ts";
import type { Json } from "../base/json.ts";
import { t } from "../base/text.ts";
import { flat } from "../list/filter.ts";
import { type Choice, json, line, select } from "./controls.ts";
import { type Doc, type Value, isDoc, list, object, text } from "./document.ts";
import type { Field } from "./fields.ts";
import { titleOf } from "./store.ts";

interface Term {
  field: string;
  op: string;
  value?: Value;
}

const FAMILIES: Record<string, string> = { integer: "number", number: "number", percent: "number", money: "number", formula: "number", rollup: "number", date: "date", datetime: "date", choice: "choice", status: "choice", choices: "many", tags: "many", users: "many", links: "many", departments: "many", user: "person", department: "department", link: "text", boolean: "boolean", files: "presence", table: "presence", signature: "presence", location: "presence", json: "presence" };
const OPERATORS: Record<string, string[]> = {
  text: ["eq", "ne", "contains", "starts_with", "ends_with", "is_empty", "not_empty"],
  number: ["eq", "ne", "gt", "ge", "lt", "le", "is_empty", "not_empty"],
  date: ["within", "eq", "gt", "lt", "is_empty", "not_empty"],
  choice: ["in", "not_in", "is_empty", "not_empty"],
  many: ["has_any", "has_all", "has_none", "is_empty", "not_empty"],
  person: ["me", "is_empty", "not_empty"],
  department: ["my_department", "is_empty", "not_empty"],
  boolean: ["yes", "no"],
  presence: ["is_empty", "not_empty"],
};
const BARE = new Set(["is_empty", "not_empty", "me", "my_department", "yes", "no"]);
const WINDOWS = ["today", "yesterday", "tomorrow", "this_week", "last_week", "next_week", "this_month", "last_month", "next_month", "this_quarter", "last_quarter", "this_year", "last_year"];
/** What is known when the condition is asked. */
const VARIABLES = new Set(["me", "me.department", "today", "now"]);
/** What every record has besides its own fields. */
const SYSTEM: { name: string; type: string }[] = [
  { name: "created_by", type: "user" },
  { name: "created_at", type: "datetime" },
  { name: "updated_at", type: "datetime" },
];

function shownOperator(term: Term): string {
  if (isDoc(term.value) && text(term.value, "/var") === "me") return term.op === "has_any" ? "has_any" : "me";
  if (isDoc(term.value) && text(term.value, "/var") === "me.department") return "my_department";
  if (typeof term.value === "boolean") return term.value ? "yes" : "no";
  return term.op;
}

/** The builder. `change` hears every complete condition, undefined for none. */
export function conditionBuilder(value: Value | undefined, fields: Field[], change: (value: Value | undefined) => void): HTMLElement {
  const known = [...fields.filter((field) => field.table === null).map((field) => ({ name: field.name, type: field.type, title: titleOf(field.property, field.name), property: field.property })), ...SYSTEM.map((one) => ({ ...one, title: t(`design.system.${one.name}`), property: {} as Doc }))];
  const simple = flat((value ?? null) as Json);
  // a path that crosses a link is offered as it is written
  for (const term of simple?.terms ?? []) {
    const isMe = isDoc(term.value as Value) && text(term.value as Value, "/var") === "me";
    if (term.field.includes(".") && !known.some((one) => one.name === term.field)) known.push({ name: term.field, type: isMe ? (term.op === "has_any" ? "users" : "user") : "text", title: term.field, property: {} });
  }
  const fits = simple?.terms.every((term) => {
    const field = known.find((one) => one.name === term.field);
    return field && (OPERATORS[FAMILIES[field.type] ?? "text"] ?? []).includes(shownOperator(term as Term));
  });
  const root = h("div", { class: "dz-cond" });
  if (!simple || !fits) {
    const whole = json(value, change, 8);
    whole.setAttribute("aria-label", t("filter.json"));
    root.append(whole);
    return root;
  }
  let any = simple.any;
  let terms = simple.terms.map((term) => ({ ...term })) as Term[];
  const tell = () => {
    const whole = terms.filter((term) => BARE.has(shownOperator(term)) || (term.value !== undefined && term.value !== "" && !(Array.isArray(term.value) && term.value.length === 0)));
    const written = whole.map((term) => term as unknown as Doc);
    change(written.length === 0 ? undefined : written.length === 1 && !any ? written[0] : { [any ? "or" : "and"]: written });
  };
  const draw = () => {
    const join = select(any ? "or" : "and", [{ value: "and", title: t("filter.all") }, { value: "or", title: t("filter.any") }], (to) => {
      any = to === "or";
      tell();
    });
    join.classList.add("sm");
    join.setAttribute("aria-label", t("filter.join"));
    root.replaceChildren(
      ...(terms.length > 1 ? [join] : []),
      ...terms.map((term, index) => row(term, index)),
      h("button", { type: "button", class: "btn ghost sm dz-add", onclick: () => {
        const first = known[0];
        if (!first) return;
        terms = [...terms, start(first)];
        tell();
        draw();
        root.querySelectorAll<HTMLElement>(".dz-term select")[(terms.length - 1) * 2]?.focus();
      } }, icon("plus", "s"), t("filter.add")),
    );
  };
  const start = (field: { name: string; type: string }): Term => operate(field.name, (OPERATORS[FAMILIES[field.type] ?? "text"] ?? ["eq"])[0] ?? "eq");
  const row = (term: Term, index: number): HTMLElement => {
    const put = (next: Term, redraw: boolean) => {
      terms = terms.map((other, place) => (place === index ? next : other));
      tell();
      if (redraw) draw();
    };
    const field = known.find((one) => one.name === term.field);
    const operators = OPERATORS[FAMILIES[field?.type ?? ""] ?? "text"] ?? [];
    const name = select(term.field, known.map((one) => ({ value: one.name, title: one.title })), (to) => {
      const chosen = known.find((one) => one.name === to);
      if (chosen) put(start(chosen), true);
    });
    const operator = select(shownOperator(term), operators.map((one) => ({ value: one, title: t(`op.${one}`) })), (to) => put({ ...operate(term.field, to), ...(BARE.has(to) || BARE.has(shownOperator(term)) ? {} : { value: term.value as Value }) }, true));
    name.classList.add("sm");
    operator.classList.add("sm");
    name.setAttribute("aria-label", t("filter.field"));
    operator.setAttribute("aria-label", t("filter.operator"));
    const remove = h("button", { type: "button", class: "btn ghost icon sm", "aria-label": t("filter.remove"), onclick: () => {
      terms = terms.filter((_, place) => place !== index);
      tell();
      draw();
    } }, icon("x", "s"));
    const input = BARE.has(shownOperator(term)) ? null : valueOf(term, field?.property ?? {}, field?.type ?? "text", (to) => put({ ...term, value: to }, false));
    return h("div", { class: "dz-term" }, name, operator, input ?? h("span"), remove);
  };
  draw();
  return root;
}

function operate(field: string, op: string): Term {
  if (op === "me") return { field, op: "eq", value: { var: "me" } };
  if (op === "my_department") return { field, op: "under", value: { var: "me.department" } };
  if (op === "yes" || op === "no") return { field, op: "eq", value: op === "yes" };
  if (BARE.has(op)) return { field, op };
  return { field, op, value: op === "within" ? "today" : "" };
}

function valueOf(term: Term, property: Doc, type: string, change: (value: Value) => void): HTMLElement {
  const choices: Choice[] = [...list(property, "/oneOf"), ...list(property, "/items/oneOf")].map((choice) => ({ value: text(choice, "/const"), title: titleOf(object(choice), text(choice, "/const")) }));
  const many = ["in", "not_in", "has_any", "has_all", "has_none"].includes(term.op);
  let control: HTMLElement;
  if (term.op === "within") control = isDoc(term.value) ? json(term.value, (value) => value !== undefined && change(value), 1) : select(typeof term.value === "string" ? term.value : "today", WINDOWS.map((name) => ({ value: name, title: t(`window.${name}`) })), change);
  else if (choices.length > 0 && !many) control = select(typeof term.value === "string" ? term.value : "", [{ value: "", title: "—" }, ...choices], change);
  else if (many && choices.length > 0) {
    const chosen = new Set(Array.isArray(term.value) ? term.value.filter((one): one is string => typeof one === "string") : []);
    control = h("details", { class: "dz-pick" }, h("summary", { class: "in sm" }, said(chosen, choices)), h("div", { class: "dz-checks" }, ...choices.map((choice) => {
      const input = h("input", { class: "chk", type: "checkbox", checked: chosen.has(choice.value), onchange: () => {
        if (input.checked) chosen.add(choice.value);
        else chosen.delete(choice.value);
        const summary = control.querySelector("summary");
        if (summary) summary.textContent = said(chosen, choices);
        change([...chosen]);
      } });
      return h("label", {}, input, h("span", { class: "trunc" }, choice.title));
    })));
  } else {
    const written = Array.isArray(term.value) ? term.value.map(String).join(", ") : isDoc(term.value) ? JSON.stringify(term.value) : String(term.value ?? "");
    // a variable may stand where a list is asked for: who it is shown to
    const isVariable = isDoc(term.value) && text(term.value, "/var") !== "";
    control = line(isVariable ? text(term.value, "/var") : written, (typed) => change(VARIABLES.has(typed.trim()) ? { var: typed.trim() } : read(typed, FAMILIES[type] === "number", many)));
  }
  control.classList.add("sm");
  control.setAttribute("aria-label", t("filter.value"));
  return control;
}

function said(chosen: Set<string>, choices: Choice[]): string {
  return choices.filter((choice) => chosen.has(choice.value)).map((choice) => choice.title).join(t("list_comma")) || "—";
}

function read(typed: string, isNumber: boolean, many: boolean): Value {
  const plain = typed.trim();
  if (plain.startsWith("{")) {
    try {
      return JSON.parse(plain) as Value;
    } catch {
      return plain;
    }
  }
  if (many) return plain.split(/[,，、]/).map((one) => one.trim()).filter(Boolean);
  return isNumber && plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : plain;
}
