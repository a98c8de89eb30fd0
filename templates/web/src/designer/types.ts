// The types of fields as the designer offers them: how a new one looks in the document, and which options its properties show. Adding a
// type here is a row; nothing else of the designer knows it by name.

import { type Doc, type Value, get, isDoc, list, object, set, text } from "./document.ts";

export type ControlKind =
  | "text"
  | "area"
  | "integer"
  | "number"
  | "switch"
  | "select"
  | "words"
  | "form"
  | "options"
  | "field"
  | "choices"
  | "transitions"
  | "roles"
  | "expression"
  | "condition"
  | "copy"
  | "default"
  | "json";

export interface Option {
  /** Names its words: `design.o.{key}`. */
  key: string;
  /** Where it stands in the property. */
  at: string;
  as: ControlKind;
  /** Of a select: the values, "" for none. */
  values?: string[];
  /** Of a field: the types that fit. */
  types?: string[];
  /** A sentence under it: `design.h.{key}`. */
  help?: boolean;
  read?: (property: Doc) => Value | undefined;
  write?: (property: Doc, value: Value | undefined) => Doc;
  /** Under the heading of rules rather than of the field itself. */
  rule?: boolean;
}

export type Group = "text" | "number" | "time" | "choice" | "people" | "relation" | "file" | "special";

export interface FieldType {
  name: string;
  icon: string;
  group: Group;
  /** What a new field is, without its title. */
  make: (words: (key: string) => string) => Doc;
  options: Option[];
  /** May stand in a child table. */
  nested: boolean;
  /** Takes the whole width by itself. */
  wide?: boolean;
}

const length: Option[] = [
  { key: "minLength", at: "/minLength", as: "integer", rule: true },
  { key: "maxLength", at: "/maxLength", as: "integer", rule: true },
  { key: "pattern", at: "/pattern", as: "text", rule: true, help: true },
];
const range: Option[] = [
  { key: "minimum", at: "/minimum", as: "number", rule: true },
  { key: "maximum", at: "/maximum", as: "number", rule: true },
];
const scale: Option = { key: "scale", at: "/field/scale", as: "integer" };
const display: Option = { key: "display", at: "/field/display", as: "select", values: ["", "stars", "progress"] };
const money: Option[] = [
  { key: "currency", at: "/field/currency", as: "text", help: true },
  { key: "currency_field", at: "/field/currency_field", as: "field", types: ["choice"] },
];
const shared: Option = { key: "options", at: "/field/options", as: "options", help: true };
const pick: Option = { key: "pick", at: "/field/pick", as: "select", values: ["", "any"] };
const within: Option = { key: "within", at: "/field/within", as: "roles", help: true };
const items: Option[] = [
  { key: "minItems", at: "/minItems", as: "integer", rule: true },
  { key: "maxItems", at: "/maxItems", as: "integer", rule: true },
];
const link: Option[] = [
  { key: "form", at: "/field/form", as: "form" },
  { key: "filter", at: "/field/filter", as: "condition", help: true },
  { key: "copy", at: "/field/copy", as: "copy", help: true },
  { key: "inverse", at: "/field/inverse", as: "json", help: true },
  { key: "on_delete", at: "/field/on_delete", as: "select", values: ["refuse", "clear", "cascade"] },
];

/** The format of a text stands in JSON Schema's own keyword where that has a word for it. */
const format: Option = {
  key: "format",
  at: "/format",
  as: "select",
  values: ["", "email", "uri", "phone"],
  read: (property) => text(property, "/field/format") || text(property, "/format"),
  write: (property, value) => {
    const plain = trimField(set(set(property, "/format", undefined), "/field/format", undefined));
    if (value === "phone") return set(plain, "/field/format", "phone");
    return value ? set(plain, "/format", value) : plain;
  },
};
const unique: Option = {
  key: "unique",
  at: "/field/unique",
  as: "select",
  values: ["", "exact", "normalized"],
  rule: true,
  read: (property) => (get(property, "/field/unique") === true ? "exact" : text(property, "/field/unique")),
  write: (property, value) => trimField(set(property, "/field/unique", value === "exact" ? true : value || undefined)),
};

/** `field` without members says nothing. */
export function trimField(property: Doc): Doc {
  return isDoc(property["field"]) && Object.keys(property["field"]).length === 0 ? set(property, "/field", undefined) : property;
}

const three = (words: (key: string) => string): Doc[] => ["a", "b", "c"].map((value, index) => ({ const: value, title: `${words("design.choice")} ${index + 1}` }));
const typed = (type: string, field: string, more: Doc = {}): Doc => ({ type, field: { type: field, ...more } });
const of = (type: string): Doc => ({ field: { type } });

export const TYPES: FieldType[] = [
  { name: "text", icon: "type", group: "text", nested: true, make: () => ({ type: "string", maxLength: 200 }), options: [format, ...length, unique] },
  { name: "long_text", icon: "align-left", group: "text", nested: true, wide: true, make: () => typed("string", "long_text"), options: [{ key: "markup", at: "/field/markup", as: "select", values: ["", "markdown"] }, ...length] },
  { name: "integer", icon: "hash", group: "number", nested: true, make: () => ({ type: "integer" }), options: [display, ...range] },
  { name: "number", icon: "calculator", group: "number", nested: true, make: () => typed("number", "number", { scale: 2 }), options: [scale, display, ...range] },
  { name: "percent", icon: "percent", group: "number", nested: true, make: () => typed("number", "percent"), options: [scale, display, ...range] },
  { name: "money", icon: "circle-dollar-sign", group: "number", nested: true, make: () => typed("number", "money", { currency: "USD" }), options: [...money, scale, ...range] },
  { name: "formula", icon: "square-function", group: "number", nested: true, make: () => ({ field: { type: "formula", expression: "0" } }), options: [{ key: "expression", at: "/field/expression", as: "expression", help: true }, scale, { key: "show_as", at: "/field/format", as: "select", values: ["", "percent", "money"] }, ...money] },
  { name: "rollup", icon: "sigma", group: "number", nested: false, make: () => ({ field: { type: "rollup", form: "", via: "", function: "count" } }), options: [{ key: "form", at: "/field/form", as: "form" }, { key: "via", at: "/field/via", as: "text", help: true }, { key: "function", at: "/field/function", as: "select", values: ["count", "count_distinct", "sum", "avg", "min", "max", "latest", "earliest", "any", "list"] }, { key: "of_field", at: "/field/field", as: "text" }, { key: "filter", at: "/field/filter", as: "condition", help: true }] },
  { name: "boolean", icon: "toggle-right", group: "choice", nested: true, make: () => ({ type: "boolean" }), options: [] },
  { name: "choice", icon: "list", group: "choice", nested: true, make: (words) => ({ type: "string", oneOf: three(words), field: { type: "choice" } }), options: [shared, { key: "choices", at: "/oneOf", as: "choices" }, pick] },
  { name: "choices", icon: "list-checks", group: "choice", nested: true, make: (words) => ({ type: "array", uniqueItems: true, items: { oneOf: three(words) }, field: { type: "choices" } }), options: [shared, { key: "choices", at: "/items/oneOf", as: "choices" }, pick, ...items] },
  { name: "status", icon: "circle-dot", group: "choice", nested: false, make: (words) => ({ type: "string", oneOf: three(words), field: { type: "status" } }), options: [shared, { key: "choices", at: "/oneOf", as: "choices" }, { key: "initial", at: "/field/initial", as: "words", help: true }, { key: "transitions", at: "/field/transitions", as: "transitions", help: true }] },
  { name: "tags", icon: "tags", group: "choice", nested: true, make: () => typed("array", "tags"), options: [shared, { key: "new", at: "/field/new", as: "switch" }, ...items] },
  { name: "date", icon: "calendar", group: "time", nested: true, make: () => ({ type: "string", format: "date" }), options: [] },
  { name: "datetime", icon: "calendar-clock", group: "time", nested: true, make: () => ({ type: "string", format: "date-time" }), options: [] },
  { name: "time", icon: "clock", group: "time", nested: true, make: () => ({ type: "string", format: "time" }), options: [] },
  { name: "duration", icon: "timer", group: "time", nested: true, make: () => ({ type: "string", format: "duration" }), options: [] },
  { name: "user", icon: "user", group: "people", nested: true, make: () => typed("string", "user"), options: [within] },
  { name: "users", icon: "users", group: "people", nested: true, make: () => typed("array", "users"), options: [within, ...items] },
  { name: "department", icon: "building-2", group: "people", nested: true, make: () => typed("string", "department"), options: [within] },
  { name: "departments", icon: "network", group: "people", nested: true, make: () => typed("array", "departments"), options: [within, ...items] },
  { name: "link", icon: "link", group: "relation", nested: true, make: () => typed("string", "link", { form: "" }), options: link },
  { name: "links", icon: "unlink-2", group: "relation", nested: true, make: () => typed("array", "links", { form: "" }), options: [...link, ...items] },
  { name: "lookup", icon: "scan-search", group: "relation", nested: true, make: () => ({ field: { type: "lookup", via: "", field: "" } }), options: [{ key: "via_link", at: "/field/via", as: "field", types: ["link"] }, { key: "of_field", at: "/field/field", as: "text" }] },
  { name: "table", icon: "table-2", group: "relation", nested: false, wide: true, make: () => ({ type: "array", items: { type: "object", properties: {} }, field: { type: "table" } }), options: items },
  { name: "files", icon: "paperclip", group: "file", nested: true, wide: true, make: () => typed("array", "files"), options: [{ key: "accept", at: "/field/accept", as: "words", help: true }, { key: "max_size", at: "/field/max_size", as: "text", help: true }, { key: "max_count", at: "/field/max_count", as: "integer" }, { key: "capture", at: "/field/capture", as: "switch" }] },
  { name: "signature", icon: "signature", group: "file", nested: false, wide: true, make: () => typed("string", "signature"), options: [] },
  { name: "location", icon: "map-pin", group: "file", nested: false, make: () => of("location"), options: [] },
  { name: "scan", icon: "scan-barcode", group: "file", nested: true, make: () => typed("string", "scan"), options: [{ key: "maxLength", at: "/maxLength", as: "integer", rule: true }] },
  { name: "serial", icon: "list-ordered", group: "special", nested: false, make: () => typed("string", "serial", { pattern: "{seq:5}", reset: "never" }), options: [{ key: "serial_pattern", at: "/field/pattern", as: "text", help: true }, { key: "reset", at: "/field/reset", as: "select", values: ["never", "year", "month", "day"] }] },
  { name: "json", icon: "braces", group: "special", nested: true, wide: true, make: () => of("json"), options: [] },
];

/** What every field has besides. */
export const COMMON: Option[] = [
  { key: "description", at: "/description", as: "area" },
  { key: "default", at: "/default", as: "default" },
  { key: "readOnly", at: "/readOnly", as: "switch" },
  { key: "personal", at: "/field/personal", as: "switch", help: true },
];

const UNKNOWN: FieldType = { name: "json", icon: "braces", group: "special", nested: true, make: () => ({}), options: [] };

export function typeNamed(name: string): FieldType {
  return TYPES.find((type) => type.name === name) ?? { ...UNKNOWN, name };
}

/** The option's value in a property. */
export function read(option: Option, property: Doc): Value | undefined {
  return option.read ? option.read(property) : get(property, option.at);
}

/** The property with another value of the option; `undefined` and "" take it away. */
export function write(option: Option, property: Doc, value: Value | undefined): Doc {
  if (option.write) return option.write(property, value);
  const nothing = value === "" || value === undefined || value === null || (option.as === "switch" && value === false && option.key !== "new");
  return trimField(set(property, option.at, nothing ? undefined : value));
}

const KEPT = ["title", "labels", "description", "descriptions"];

/** The same field as another type: its words, its id and, between kinds of choices, its choices stay. */
export function convert(property: Doc, to: string, words: (key: string) => string): Doc {
  const made = typeNamed(to).make(words);
  const kept = Object.fromEntries(KEPT.flatMap((key) => (property[key] === undefined ? [] : [[key, property[key] as Value]])));
  let next: Doc = { ...made, ...kept };
  const id = get(property, "/field/id");
  if (id !== undefined) next = set(next, "/field", { ...object(next, "/field"), type: to, id });
  const options = text(property, "/field/options");
  const choices = list(property, "/oneOf").length > 0 ? list(property, "/oneOf") : list(property, "/items/oneOf");
  for (const option of typeNamed(to).options) {
    if (option.as === "options" && options) next = set(set(set(next, option.at, options), "/oneOf", undefined), "/items", undefined);
    else if (option.as === "choices" && choices.length > 0 && !options) next = set(next, option.at, choices);
  }
  if (to === "link" || to === "links") next = set(next, "/field/form", text(property, "/field/form"));
  return next;
}
