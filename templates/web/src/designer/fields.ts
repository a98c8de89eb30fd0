// The fields of a form's record: found, added, removed, renamed. A path is a name, or `table.name` for a field of a child table.

import { type Doc, type Value, get, insert, isDoc, list, mapTexts, object, pointer, rename, same, set, text, texts } from "./document.ts";
import { type Place, layoutOf, moveField, putField, takeField } from "./layout.ts";

export interface Field {
  path: string;
  name: string;
  /** The child table it belongs to. */
  table: string | null;
  property: Doc;
  type: string;
  required: boolean;
}

export function split(path: string): { table: string | null; name: string } {
  const dot = path.indexOf(".");
  return dot < 0 ? { table: null, name: path } : { table: path.slice(0, dot), name: path.slice(dot + 1) };
}

/** The object schema that holds a field. */
function holder(path: string): string {
  const { table } = split(path);
  return table === null ? "/record" : `/record/properties${pointer(table)}/items`;
}

export function pointerOf(path: string): string {
  return `${holder(path)}/properties${pointer(split(path).name)}`;
}

/** The path of the field that a pointer into the form lies in. */
export function pathAt(at: string): string | null {
  const found = /^\/record\/properties\/([^/]+)(?:\/items\/properties\/([^/]+))?/.exec(at);
  const plain = (part: string) => part.replace(/~1/g, "/").replace(/~0/g, "~");
  return found?.[1] === undefined ? null : found[2] === undefined ? plain(found[1]) : `${plain(found[1])}.${plain(found[2])}`;
}

const FORMATS: Record<string, string> = { date: "date", "date-time": "datetime", time: "time", duration: "duration" };

/** The type a property says, else the one it has by its JSON Schema. */
export function typeOf(property: Doc, nested = false): string {
  const said = text(property, "/field/type");
  if (said) return said;
  if (Array.isArray(property["enum"]) || list(property, "/oneOf").some((one) => typeof get(one, "/const") === "string")) return "choice";
  const types = Array.isArray(property["type"]) ? property["type"].filter((type) => type !== "null") : [property["type"]];
  const type = types.length === 1 ? types[0] : undefined;
  if (type === "string") return FORMATS[text(property, "/format")] ?? (Number(property["maxLength"] ?? 0) > 500 ? "long_text" : "text");
  if (type === "integer" || type === "boolean") return type;
  if (type === "number") return "number";
  if (type === "array") {
    const items = object(property, "/items");
    if (Array.isArray(items["enum"]) || list(items, "/oneOf").length > 0) return "choices";
    if (!nested && isDoc(items["properties"])) return "table";
  }
  return "json";
}

export function fieldsOf(form: Doc): Field[] {
  return within(object(form, "/record"), null);
}

function within(schema: Doc, table: string | null): Field[] {
  const required = texts(schema, "/required");
  return Object.entries(object(schema, "/properties")).map(([name, held]) => {
    const property = isDoc(held) ? held : {};
    return { path: table === null ? name : `${table}.${name}`, name, table, property, type: typeOf(property, table !== null), required: required.includes(name) };
  });
}

/** The fields of a child table. */
export function columnsOf(field: Field): Field[] {
  return field.type === "table" ? within(object(field.property, "/items"), field.name) : [];
}

/** All fields, those of child tables behind their table. */
export function allFields(form: Doc): Field[] {
  return fieldsOf(form).flatMap((field) => [field, ...columnsOf(field)]);
}

export function fieldAt(form: Doc, path: string): Field | null {
  return allFields(form).find((field) => field.path === path) ?? null;
}

export function freeField(form: Doc, table: string | null, stem: string): string {
  const taken = object(form, `${table === null ? "/record" : `/record/properties${pointer(table)}/items`}/properties`);
  let name = stem;
  for (let number = 2; Object.hasOwn(taken, name); number += 1) name = `${stem}_${number}`;
  return name;
}

/** A new field in a section, or in a child table before one of its fields (null: at the end). */
export function addField(form: Doc, path: string, property: Doc, place: Place | null, before: string | null = null): Doc {
  const at = `${holder(path)}/properties`;
  const { table, name } = split(path);
  const shown = layoutOf(form);
  const added = set(form, at, insert(object(form, at), name, property, before));
  return table === null ? set(added, "/layout", putField(shown, name, place)) : added;
}

/** A field put elsewhere in the layout. */
export function placeField(form: Doc, name: string, place: Place): Doc {
  return set(form, "/layout", moveField(layoutOf(form), name, place));
}

/** A field of a child table put before another one of it. */
export function moveColumn(form: Doc, path: string, before: string | null): Doc {
  const at = `${holder(path)}/properties`;
  const columns = object(form, at);
  const name = split(path).name;
  const held = columns[name];
  return held === undefined || before === name ? form : set(form, at, insert(columns, name, held, before));
}

export function setRequired(form: Doc, path: string, required: boolean): Doc {
  const at = `${holder(path)}/required`;
  const others = texts(form, at).filter((name) => name !== split(path).name);
  const next = required ? [...others, split(path).name] : others;
  return set(form, at, next.length > 0 ? next : undefined);
}

/** Takes a field away, with every place of the form that names it. */
export function removeField(form: Doc, path: string): Doc {
  const { table, name } = split(path);
  const without = set(setRequired(form, path, false), pointerOf(path), undefined);
  const laid = table === null && Array.isArray(without["layout"]) ? set(without, "/layout", takeField(layoutOf(without), name)) : without;
  return forget(laid, path);
}

const LISTS = new Set(["search", "facts", "tell", "sort", "fields", "sum", "card"]);
const SINGLE = new Set(["title_field", "key", "record_owner", "group", "color", "start", "end", "parent", "depends", "image"]);

function names(word: string, path: string): boolean {
  const plain = word.replace(/^-/, "");
  return plain === path || plain.startsWith(`${path}.`);
}

function forget(form: Doc, path: string): Doc {
  const clean = (value: Value, key: string): Value | undefined => {
    if (Array.isArray(value)) {
      const kept = value.filter((item) => !(LISTS.has(key) && ((typeof item === "string" && names(item, path)) || (isDoc(item) && names(text(item, "/field"), path)))));
      return kept.map((item) => clean(item, "") ?? item);
    }
    if (!isDoc(value)) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([name, held]) => {
      if (SINGLE.has(name) && typeof held === "string" && names(held, path)) return [];
      return [[name, clean(held, name) ?? held]];
    }));
  };
  const { record, unique, indexes, ...others } = form;
  const cleaned = clean(others, "") as Doc;
  const groups = (value: Value | undefined) => list(value).filter((group) => !(isDoc(group) ? texts(group, "/fields") : texts(group)).some((word) => names(word, path)));
  return {
    ...cleaned,
    ...(record === undefined ? {} : { record }),
    ...(unique === undefined ? {} : { unique: groups(unique) }),
    ...(indexes === undefined ? {} : { indexes: groups(indexes) }),
  };
}

const PATHS = new Set([...LISTS, ...SINGLE, "field", "unique", "indexes", "via", "currency_field", "after", "follows"]);

/** Another name for a field, in every place of the form that names it; what other definitions say follows when it is published. */
export function renameField(form: Doc, path: string, to: string): Doc {
  const { table, name } = split(path);
  if (name === to) return form;
  const next = table === null ? to : `${table}.${to}`;
  const at = `${holder(path)}/properties`;
  const required = `${holder(path)}/required`;
  let renamed = set(form, at, rename(object(form, at), name, to));
  if (texts(form, required).includes(name)) renamed = set(renamed, required, texts(form, required).map((word) => (word === name ? to : word)));
  const word = (value: string) => (names(value, path) ? value.replace(path, next) : value);
  const moved = (value: string, where: string) => (PATHS.has(where) ? word(value) : where === "expression" ? inExpression(value, path, next) : value);
  // the record's own words are texts for people; only what its fields refer to is looked at
  const { record, ...others } = renamed;
  const walked = mapTexts(others, moved) as Doc;
  const properties = Object.fromEntries(Object.entries(object(record, "/properties")).map(([key, property]) => [key, isDoc(property) ? ofField(property, moved) : property]));
  return { ...walked, record: { ...object(record), properties } };
}

/** The part of a property that may name other fields. */
function ofField(property: Doc, moved: (value: string, where: string) => string): Doc {
  const items = object(property, "/items/properties");
  let next = isDoc(property["field"]) ? { ...property, field: mapTexts(property["field"], moved) } : property;
  for (const [name, column] of Object.entries(items)) {
    if (isDoc(column) && isDoc(column["field"])) next = set(next, `/items/properties${pointer(name)}/field`, mapTexts(column["field"], moved));
  }
  return next;
}

/** Only whole words outside quotation marks. */
export function inExpression(expression: string, path: string, to: string): string {
  const parts = expression.split('"');
  return parts.map((part, index) => (index % 2 === 1 ? part : part.replace(/[\p{L}\p{N}_.]+/gu, (word) => (names(word, path) ? word.replace(path, to) : word)))).join('"');
}

/** Whether two forms declare the same fields. */
export function sameFields(a: Doc, b: Doc): boolean {
  return same(a["record"], b["record"]);
}
