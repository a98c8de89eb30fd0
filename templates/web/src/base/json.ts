// JSON with exact numbers: a figure somebody typed goes out with all its digits, never through a binary float.

/** A number as exact text. */
export class Exact {
  constructor(readonly text: string) {}
}

export type Json = string | number | boolean | null | undefined | Exact | Json[] | { [key: string]: Json };

/** JSON text. Members that are `undefined` are left out. */
export function toJson(value: Json): string {
  if (value instanceof Exact) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${toJson(member)}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** Whether two values are the same JSON. */
export function sameJson(a: Json, b: Json): boolean {
  return toJson(a ?? null) === toJson(b ?? null);
}

/** Reads JSON with its numbers as exact texts. */
export function readExact(text: string): Json {
  // a text of the document is left as it is; what stands between texts and looks like a number is one
  const marked = text.replace(/"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (part) => (part.startsWith('"') ? part : `{${JSON.stringify(MARK)}:"${part}"}`));
  return JSON.parse(marked, (_, value: Json) => {
    const exact = value && typeof value === "object" && !Array.isArray(value) && MARK in value ? (value as { [key: string]: Json })[MARK] : undefined;
    return typeof exact === "string" ? new Exact(exact) : value;
  }) as Json;
}

const MARK = "\u0000number";
