// What was done, for undo and redo: whole documents, without limit while the page is open. Changes under the same key (typing into one
// control) count as one.

export interface History<T> {
  past: T[];
  present: T;
  future: T[];
  /** Under which key the present was made; null never joins. */
  key: string | null;
}

export function begin<T>(present: T): History<T> {
  return { past: [], present, future: [], key: null };
}

export function record<T>(history: History<T>, present: T, key: string | null = null): History<T> {
  const joins = key !== null && key === history.key;
  return { past: joins ? history.past : [...history.past, history.present], present, future: [], key };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (history.past.length === 0 || before === undefined) return history;
  return { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], key: null };
}

export function redo<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, key: null };
}

/** The same history with the present replaced: what the server added is nothing a person did. */
export function amend<T>(history: History<T>, present: T): History<T> {
  return { ...history, present };
}
