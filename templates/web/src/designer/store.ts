// What is being designed: the document with its history, what is selected, what is wrong, and whether it is saved. Parts of the page listen.

import { type Doc, type Value, same, text } from "./document.ts";
import { type History, amend, begin, record, redo, undo } from "./history.ts";

export interface Fault {
  /** JSON pointer into the document. */
  at: string;
  message: string;
}

export type Selection = { on: "form" } | { on: "field"; path: string } | { on: "entry"; at: number[] };

export type Saving = "saved" | "waiting" | "saving" | "faulty" | "failed";

/** What has happened: the document, the selection, the faults, or the saving. */
export type News = { what: "doc"; by: string | null } | { what: "selection" | "faults" | "saving" };

export class Store {
  private history: History<Doc>;
  private readonly listeners = new Set<(news: News) => void>();
  selection: Selection = { on: "form" };
  faults: Fault[] = [];
  saving: Saving = "saved";

  constructor(
    doc: Doc,
    /** As it is published; null for what never was. */
    readonly published: Doc | null,
  ) {
    this.history = begin(doc);
  }

  get doc(): Doc {
    return this.history.present;
  }

  get canUndo(): boolean {
    return this.history.past.length > 0;
  }

  get canRedo(): boolean {
    return this.history.future.length > 0;
  }

  listen(run: (news: News) => void): void {
    this.listeners.add(run);
  }

  private tell(news: News): void {
    for (const run of this.listeners) run(news);
  }

  /** A step that can be undone. Steps with the same key are one. `by` names the part of the page that shows it already. */
  change(doc: Doc, key: string | null = null, by: string | null = null): void {
    if (same(doc, this.doc) && JSON.stringify(doc) === JSON.stringify(this.doc)) return;
    this.history = record(this.history, doc, key);
    this.tell({ what: "doc", by });
  }

  undo(): void {
    this.turn(undo(this.history));
  }

  redo(): void {
    this.turn(redo(this.history));
  }

  private turn(history: History<Doc>): void {
    if (history === this.history) return;
    this.history = history;
    this.tell({ what: "doc", by: null });
  }

  /** What the server made of what it was sent (ids); nothing a person did, so nothing to undo or to draw. */
  settle(doc: Doc): void {
    this.history = amend(this.history, doc);
  }

  select(selection: Selection): void {
    this.selection = selection;
    this.tell({ what: "selection" });
  }

  find(faults: Fault[]): void {
    // the same faults again are no news: nothing is drawn anew under somebody's hands
    if (same(faults as unknown as Value, this.faults as unknown as Value)) return;
    this.faults = faults;
    this.tell({ what: "faults" });
  }

  setSaving(saving: Saving): void {
    this.saving = saving;
    this.tell({ what: "saving" });
  }
}

/** A title in the language of the page, else as the app has it, else the name. */
export function titleOf(doc: Doc | undefined, fallback = ""): string {
  const language = globalThis.document?.documentElement.lang ?? "";
  return text(doc, `/labels/${language}`) || text(doc, "/title") || fallback || text(doc, "/name");
}
