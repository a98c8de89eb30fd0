// A definition as plain JSON, read and changed by JSON pointer. Every change makes a new document, so that undo keeps the old ones whole.

export type Value = string | number | boolean | null | Value[] | Doc;
export type Doc = { [key: string]: Value };

/** The parts of a pointer, unescaped. */
export function segments(pointer: string): string[] {
  return pointer === "" ? [] : pointer.slice(1).split("/").map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
}

/** A pointer of parts. */
export function pointer(...parts: (string | number)[]): string {
  return parts.map((part) => `/${String(part).replace(/~/g, "~0").replace(/\//g, "~1")}`).join("");
}

export function isDoc(value: Value | undefined): value is Doc {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a pointer. */
export function get(value: Value | undefined, at: string): Value | undefined {
  let here: Value | undefined = value;
  for (const part of segments(at)) {
    if (Array.isArray(here)) here = here[Number(part)];
    else if (isDoc(here)) here = Object.hasOwn(here, part) ? here[part] : undefined;
    else return undefined;
  }
  return here;
}

export function text(value: Value | undefined, at = ""): string {
  const found = get(value, at);
  return typeof found === "string" ? found : "";
}

export function list(value: Value | undefined, at = ""): Value[] {
  const found = get(value, at);
  return Array.isArray(found) ? found : [];
}

export function object(value: Value | undefined, at = ""): Doc {
  const found = get(value, at);
  return isDoc(found) ? found : {};
}

/** The texts of a list. */
export function texts(value: Value | undefined, at = ""): string[] {
  return list(value, at).filter((item): item is string => typeof item === "string");
}

/** The document with another value at a pointer; `undefined` takes the member away. What is missing on the way is made. */
export function set<T extends Value>(value: T, at: string, to: Value | undefined): T {
  return put(value, segments(at), to) as T;
}

function put(value: Value | undefined, parts: string[], to: Value | undefined): Value | undefined {
  const [part, ...rest] = parts;
  if (part === undefined) return to;
  if (Array.isArray(value)) {
    const index = Number(part);
    const next = put(value[index], rest, to);
    return next === undefined ? value.filter((_, place) => place !== index) : value.map((item, place) => (place === index ? next : item)).concat(index === value.length ? [next] : []);
  }
  const doc = isDoc(value) ? value : {};
  const next = put(Object.hasOwn(doc, part) ? doc[part] : undefined, rest, to);
  if (next === undefined) {
    if (!Object.hasOwn(doc, part)) return doc;
    const { [part]: _, ...others } = doc;
    return others;
  }
  return { ...doc, [part]: next };
}

/** The document with a member under another key, in its place. */
export function rename(doc: Doc, from: string, to: string): Doc {
  return Object.fromEntries(Object.entries(doc).map(([key, value]) => [key === from ? to : key, value]));
}

/** The document with a member put before another one, or at the end. */
export function insert(doc: Doc, key: string, value: Value, before: string | null): Doc {
  const { [key]: _, ...others } = doc;
  if (before === null || !Object.hasOwn(others, before)) return { ...others, [key]: value };
  return Object.fromEntries(Object.entries(others).flatMap(([name, held]) => (name === before ? [[key, value], [name, held]] : [[name, held]])));
}

/** Whether two values say the same; the order of members does not matter. */
export function same(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (isDoc(a) && isDoc(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
  }
  return false;
}

/** Runs over all texts inside a value and puts others in their place. `where` is the key that holds the text, or the list. */
export function mapTexts(value: Value, change: (text: string, where: string) => string, where = ""): Value {
  if (typeof value === "string") return change(value, where);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, where));
  if (isDoc(value)) return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, mapTexts(held, change, key)]));
  return value;
}
