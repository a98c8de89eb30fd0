// Where in a JSON text a pointer leads, and which place a cursor is in. Reads only as far as it must and copes with text being typed.

import { pointer, segments } from "./document.ts";

export interface Range {
  from: number;
  to: number;
}

/** What is expected at a cursor. */
export interface Place {
  /** The object or list around it. */
  at: string;
  /** The key whose value is being written; null where a key is expected. */
  key: string | null;
  /** Keys that the object has already. */
  taken: string[];
}

/** The text of the value at a pointer (of its key, where it has one); the nearest place above it when it is not there. */
export function rangeOf(source: string, at: string): Range | null {
  const wanted = segments(at);
  let best: Range | null = null;
  let depth = -1;
  walk(source, (parts, range) => {
    if (parts.length > wanted.length || parts.some((part, index) => part !== wanted[index])) return;
    if (parts.length > depth) {
      depth = parts.length;
      best = range;
    }
  });
  return best;
}

/** Calls `see` with each place of a text and where it stands. Ends at the first thing that is no JSON. */
function walk(source: string, see: (parts: string[], range: Range) => void): void {
  let here = 0;
  const blank = () => {
    while (/\s/.test(source[here] ?? "")) here += 1;
  };
  const word = (): string | null => {
    const from = here;
    here += 1;
    while (here < source.length && source[here] !== '"') here += source[here] === "\\" ? 2 : 1;
    here += 1;
    try {
      return JSON.parse(source.slice(from, here)) as string;
    } catch {
      return null;
    }
  };
  const value = (parts: string[], start: number): boolean => {
    blank();
    const sign = source[here];
    if (sign === "{" || sign === "[") {
      const close = sign === "{" ? "}" : "]";
      see(parts, { from: start, to: here + 1 });
      here += 1;
      for (let index = 0; ; index += 1) {
        blank();
        if (source[here] === close) {
          here += 1;
          return true;
        }
        if (here >= source.length) return false;
        const from = here;
        let part = String(index);
        if (sign === "{") {
          if (source[here] !== '"') return false;
          const key = word();
          if (key === null) return false;
          part = key;
          blank();
          if (source[here] !== ":") return false;
          here += 1;
        }
        if (!value([...parts, part], from)) return false;
        blank();
        if (source[here] === ",") here += 1;
        else if (source[here] !== close) return false;
      }
    }
    if (sign === '"') {
      if (word() === null) return false;
    } else {
      const from = here;
      while (/[\w.+-]/.test(source[here] ?? "")) here += 1;
      if (here === from) return false;
    }
    see(parts, { from: start, to: here });
    return true;
  };
  value([], 0);
}

interface Node {
  name: string;
  from: number;
  to: number;
  parent: Node | null;
  firstChild: Node | null;
  nextSibling: Node | null;
}

/** The place of a cursor, by the tree of the text. */
export function pointerAt(source: string, cursor: number, inner: Node): Place {
  const key = (property: Node): string => {
    const name = property.firstChild;
    if (!name || name.name !== "PropertyName") return "";
    try {
      return JSON.parse(source.slice(name.from, name.to)) as string;
    } catch {
      return source.slice(name.from, name.to).replace(/"/g, "");
    }
  };
  const parts: (string | number)[] = [];
  let holder: Node | null = null;
  let written: string | null = null;
  for (let node: Node | null = inner; node; node = node.parent) {
    if (node.name === "Property") {
      const name = node.firstChild;
      const inKey = !name || cursor <= name.to;
      if (holder === null) written = inKey ? null : key(node);
      else parts.unshift(key(node));
    } else if (node.name === "Object") {
      holder ??= node;
    } else if (node.name === "Array") {
      if (holder === null) {
        holder = node;
        written = "0";
      } else parts.unshift(0);
    }
  }
  const taken: string[] = [];
  for (let child = holder?.firstChild ?? null; child; child = child.nextSibling) if (child.name === "Property" && !(child.from <= cursor && cursor <= child.to)) taken.push(key(child));
  return { at: pointer(...parts), key: written, taken };
}
