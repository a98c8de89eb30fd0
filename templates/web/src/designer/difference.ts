// What two versions of a definition differ in, as lines: one for each place that was added, changed or removed.

import { type Doc, type Value, isDoc, list, pointer, same, text } from "./document.ts";

export interface Difference {
  at: string;
  what: "added" | "changed" | "removed";
  before: Value | undefined;
  after: Value | undefined;
}

/** How deep a difference is followed before the whole value is shown. */
const DEPTH = 9;

export function differences(before: Value | undefined, after: Value | undefined, at = "", depth = 0): Difference[] {
  if (same(before, after)) return [];
  if (isDoc(before) && isDoc(after) && depth < DEPTH) return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => differences(before[key], after[key], at + pointer(key), depth + 1));
  if (Array.isArray(before) && Array.isArray(after) && depth < DEPTH) return ofLists(before, after, at, depth);
  return [{ at, what: before === undefined ? "added" : after === undefined ? "removed" : "changed", before, after }];
}

/** What names an item of a list. */
function nameOf(item: Value): string | null {
  if (!isDoc(item)) return null;
  for (const key of ["name", "const", "value", "section", "tab", "id"]) if (text(item, `/${key}`)) return `${key}=${text(item, `/${key}`)}`;
  return null;
}

/** Items are compared with those of the same name; lists without names as a whole. */
function ofLists(before: Value[], after: Value[], at: string, depth: number): Difference[] {
  const names = [...before, ...after].map(nameOf);
  const unique = (items: Value[]) => new Set(items.map(nameOf)).size === items.length;
  if (names.some((name) => name === null) || !unique(before) || !unique(after)) return [{ at, what: "changed", before, after }];
  const found = after.flatMap((item, index) => {
    const was = before.find((other) => nameOf(other) === nameOf(item));
    return differences(was, item, at + pointer(index), depth + 1);
  });
  const gone = before.flatMap((item, index) => (after.some((other) => nameOf(other) === nameOf(item)) ? [] : differences(item, undefined, at + pointer(index), depth + 1)));
  const order = (items: Value[]) => items.map(nameOf).filter((name) => before.some((item) => nameOf(item) === name) && after.some((item) => nameOf(item) === name)).join();
  const moved: Difference[] = order(before) === order(after) ? [] : [{ at, what: "changed", before: before.map((item) => nameOf(item) ?? ""), after: after.map((item) => nameOf(item) ?? "") }];
  return [...found, ...gone, ...moved];
}

/** A value in one or a few lines. */
export function shown(value: Value | undefined): string {
  if (typeof value === "string") return value;
  const flat = JSON.stringify(value);
  return flat.length < 100 ? flat : JSON.stringify(value, null, 2);
}

/** The words for a place of a document: titles where it knows them, else names. */
export function placeWords(doc: Doc, at: string, title: (doc: Doc) => string): string {
  const parts = at.split("/").slice(1).map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
  const words: string[] = [];
  let here: Value | undefined = doc;
  for (const part of parts) {
    here = Array.isArray(here) ? list(here)[Number(part)] : isDoc(here) ? here[part] : undefined;
    if (part === "record" || part === "properties" || part === "items") continue;
    const named: string = isDoc(here) ? title(here) : "";
    words.push(named || part);
  }
  return words.join(" › ");
}
