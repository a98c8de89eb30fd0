// What may stand at a place of a document, by the JSON Schema of its kind; inside a record, by JSON Schema itself and the types of fields.

import { type Doc, type Value, get, isDoc, list, object, segments, text, texts } from "./document.ts";
import type { Place } from "./json-place.ts";
import { TYPES } from "./types.ts";

export interface Suggestion {
  label: string;
  detail: string;
  /** What is written for it. */
  text: string;
  isKey: boolean;
}

const PROPERTY_KEYS = ["type", "title", "labels", "description", "descriptions", "format", "default", "enum", "oneOf", "minLength", "maxLength", "pattern", "minimum", "maximum", "multipleOf", "items", "minItems", "maxItems", "uniqueItems", "properties", "required", "readOnly", "examples", "field"];
const SCHEMA_TYPES = ["string", "number", "integer", "boolean", "array", "object"];
const FORMATS = ["email", "uri", "date", "date-time", "time", "duration"];

export function suggest(schema: Value, place: Place): Suggestion[] {
  const parts = segments(place.at);
  if (parts[0] === "record" || (parts.length === 0 && place.key === "record")) return inRecord(parts, place);
  const here = parts.reduce<Value | undefined>((at, part) => step(schema, at, part), schema);
  if (place.key === null) {
    const properties = object(expand(schema, here), "/properties");
    return Object.entries(properties).filter(([key]) => !place.taken.includes(key)).map(([key, one]) => keyed(key, text(expand(schema, one), "/description"), startOf(expand(schema, one))));
  }
  return valuesOf(schema, step(schema, here, place.key));
}

function keyed(key: string, detail: string, start: string): Suggestion {
  return { label: `"${key}"`, detail: detail.slice(0, 60), text: `"${key}": ${start}`, isKey: true };
}

function valued(value: Value): Suggestion {
  const written = JSON.stringify(value);
  return { label: written, detail: "", text: written, isKey: false };
}

/** What a value of a schema begins with. */
function startOf(schema: Value | undefined): string {
  const types = Array.isArray(get(schema, "/type")) ? texts(schema, "/type") : [text(schema, "/type")];
  if (types.includes("string")) return '""';
  if (types.includes("array")) return "[]";
  if (types.includes("object")) return "{}";
  return "";
}

/** Follows references and the alternatives that are more than null. */
function expand(root: Value, schema: Value | undefined): Value | undefined {
  let here = schema;
  for (let turn = 0; turn < 8 && isDoc(here); turn += 1) {
    const reference = text(here, "/$ref");
    const alternatives = [...list(here, "/anyOf"), ...list(here, "/oneOf")].filter((one) => text(one, "/type") !== "null");
    if (reference.startsWith("#")) here = get(root, reference.slice(1));
    else if (alternatives.length > 0 && !isDoc(here["properties"])) here = alternatives.find((one) => isDoc(get(expand(root, one), "/properties"))) ?? alternatives[0];
    else return here;
  }
  return here;
}

function step(root: Value, schema: Value | undefined, part: string): Value | undefined {
  const here = expand(root, schema);
  return get(here, `/properties/${part}`) ?? (/^\d+$/.test(part) ? get(here, "/items") : undefined) ?? (isDoc(get(here, "/additionalProperties")) ? get(here, "/additionalProperties") : undefined);
}

function valuesOf(root: Value, schema: Value | undefined): Suggestion[] {
  const here = expand(root, schema);
  const own = [...list(here, "/enum"), ...(get(here, "/const") === undefined ? [] : [get(here, "/const") as Value])];
  if (own.length > 0) return own.map(valued);
  return text(here, "/type") === "boolean" || texts(here, "/type").includes("boolean") ? [valued(true), valued(false)] : [];
}

function inRecord(parts: string[], place: Place): Suggestion[] {
  const inField = parts.at(-1) === "field";
  const inProperty = parts.at(-2) === "properties";
  if (place.key !== null) {
    if (inField && place.key === "type") return TYPES.map((type) => valued(type.name));
    if (place.key === "type") return SCHEMA_TYPES.map(valued);
    if (place.key === "format") return FORMATS.map(valued);
    return ["uniqueItems", "readOnly"].includes(place.key) ? [valued(true), valued(false)] : [];
  }
  const keys = inField ? fieldKeys() : inProperty ? PROPERTY_KEYS : parts.length === 1 ? ["type", "required", "properties", "$defs"] : [];
  return keys.filter((key) => !place.taken.includes(key)).map((key) => keyed(key, "", STARTS[key] ?? '""'));
}

const STARTS: Doc & Record<string, string> = { labels: "{}", descriptions: "{}", enum: "[]", oneOf: "[]", items: "{}", properties: "{}", required: "[]", examples: "[]", field: "{}", $defs: "{}", default: "", minLength: "", maxLength: "", minimum: "", maximum: "", multipleOf: "", minItems: "", maxItems: "", uniqueItems: "true", readOnly: "true" };

function fieldKeys(): string[] {
  const own = TYPES.flatMap((type) => type.options.filter((option) => option.at.startsWith("/field/")).map((option) => option.at.slice("/field/".length)));
  return [...new Set(["type", ...own, "personal", "encrypted"])];
}
