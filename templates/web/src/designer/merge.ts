// Two people changed one definition: what only one of them touched is taken from him, what both touched differently is asked.

import { type Doc, type Value, isDoc, pointer, same, set } from "./document.ts";

export interface Conflict {
  at: string;
  base: Value | undefined;
  mine: Value | undefined;
  theirs: Value | undefined;
}

export interface Merged {
  /** Theirs wherever there is a conflict. */
  doc: Doc;
  conflicts: Conflict[];
}

export function merge(base: Doc, mine: Doc, theirs: Doc): Merged {
  const conflicts: Conflict[] = [];
  return { doc: members(base, mine, theirs, "", conflicts), conflicts };
}

/** The merged document with my value at the places that were decided for me. */
export function decide(merged: Merged, mine: ReadonlySet<string>): Doc {
  return merged.conflicts.filter((conflict) => mine.has(conflict.at)).reduce((doc, conflict) => set(doc, conflict.at, conflict.mine), merged.doc);
}

function members(base: Doc, mine: Doc, theirs: Doc, at: string, conflicts: Conflict[]): Doc {
  const out: Doc = {};
  for (const key of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const held = (doc: Doc) => (Object.hasOwn(doc, key) ? doc[key] : undefined);
    const value = one(held(base), held(mine), held(theirs), at + pointer(key), conflicts);
    if (value !== undefined) out[key] = value;
  }
  return out;
}

function one(base: Value | undefined, mine: Value | undefined, theirs: Value | undefined, at: string, conflicts: Conflict[]): Value | undefined {
  if (same(mine, theirs) || same(mine, base)) return theirs;
  if (same(theirs, base)) return mine;
  if (isDoc(mine) && isDoc(theirs)) return members(isDoc(base) ? base : {}, mine, theirs, at, conflicts);
  const added = both(base, mine, theirs);
  if (added) return added;
  conflicts.push({ at, base, mine, theirs });
  return theirs;
}

/** Two lists to which both only added at the end keep what both added. */
function both(base: Value | undefined, mine: Value | undefined, theirs: Value | undefined): Value[] | null {
  if (!Array.isArray(mine) || !Array.isArray(theirs)) return null;
  const before = Array.isArray(base) ? base : [];
  const begins = (list: Value[]) => before.every((item, index) => same(item, list[index]));
  if (!begins(mine) || !begins(theirs)) return null;
  const more = mine.slice(before.length).filter((item) => !theirs.some((other) => same(item, other)));
  return [...theirs, ...more];
}
