// The draft saves itself. Who saved meanwhile is not overwritten: what only one touched is taken, what both touched is asked. What the
// server does not take yet (faults) or cannot be reached with is kept on the device.

import { type Problem, call, reason } from "../base/api.ts";
import { debounce, meta, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { done, failed } from "../base/toast.ts";
import { askConflict } from "./conflict.ts";
import { type Doc, isDoc, text } from "./document.ts";
import { decide, merge } from "./merge.ts";
import type { Store } from "./store.ts";

export interface State {
  kind: string;
  app: string;
  name: string;
  published: Doc | null;
  draft: Doc | null;
  state: "published" | "changed" | "new" | "removed";
  version: string | null;
  updated_by_name: string | null;
}

interface Kept {
  base: Doc;
  doc: Doc;
}

export class Saver {
  private base: Doc;
  private version: string | null;
  private name: string;
  private running: Promise<boolean> | null = null;
  private again = false;
  private readonly soon = debounce(700, () => void this.save());

  constructor(
    private readonly store: Store,
    private readonly state: State,
    /** Runs after each save. */
    private readonly saved: () => void,
  ) {
    this.base = store.doc;
    this.version = state.version;
    this.name = state.name;
    store.listen((news) => {
      if (news.what !== "doc") return;
      this.keep();
      store.setSaving("waiting");
      this.soon();
    });
    addEventListener("beforeunload", (event) => {
      if (store.saving !== "saved") event.preventDefault();
    });
  }

  private get place(): string {
    return `fw-draft:${meta("login")}:design:${this.state.app}:${this.state.kind}:${this.name}`;
  }

  private keep(): void {
    const kept: Kept = { base: this.base, doc: this.store.doc };
    try {
      localStorage.setItem(this.place, JSON.stringify(kept));
    } catch {
      // a full or forbidden store must not hold up the work
    }
  }

  /** Takes up what was left on the device when the page was closed before it could be saved. */
  async restore(): Promise<void> {
    let kept: Kept | null = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.place) ?? "null") as Kept | null;
    } catch {
      kept = null;
    }
    if (!kept || !isDoc(kept.doc) || !isDoc(kept.base)) return;
    const merged = merge(kept.base, kept.doc, this.base);
    const mine = merged.conflicts.length > 0 ? await askConflict(merged.conflicts, t("design.someone")) : new Set<string>();
    if (mine) {
      this.store.change(decide(merged, mine));
      done(t("design.restored"));
    }
  }

  /** Saves now; answers whether the draft is what the page shows. */
  save(): Promise<boolean> {
    this.again = true;
    this.running ??= this.round().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** What changes while it is being saved is saved after it. */
  private async round(): Promise<boolean> {
    let saved = false;
    while (this.again) {
      this.again = false;
      saved = await this.once();
    }
    return saved && this.store.saving === "saved";
  }

  private async once(): Promise<boolean> {
    const { store, state } = this;
    const sent = store.doc;
    store.setSaving("saving");
    const headers: Record<string, string> = this.version === null ? {} : { "If-Match": `"${this.version}"` };
    const answer = await call("PUT", `/api/definitions/${state.kind}/${encodeURIComponent(this.name)}?app=${state.app}`, { json: sent, headers });
    if (answer.ok) {
      this.take(answer.body as State, sent);
      return true;
    }
    if (answer.status === 409) {
      await this.reconcile((answer.body as { detail?: string } | null)?.detail ?? "");
      return false;
    }
    if (answer.status === 422) {
      const problem = answer.body as Problem | null;
      store.find((problem?.errors ?? []).map((fault) => ({ at: fault.field, message: fault.message })));
      store.setSaving("faulty");
      return false;
    }
    store.setSaving("failed");
    failed(reason(answer), { text: t("retry"), run: () => void this.save() });
    return false;
  }

  private take(state: State, sent: Doc): void {
    const { store } = this;
    localStorage.removeItem(this.place);
    const name = text(state.draft ?? {}, "/name") || state.name;
    if (name !== this.name) {
      this.name = name;
      history.replaceState(null, "", url(`/design/${this.state.app}/${this.state.kind}/${name}`));
    }
    this.version = state.version;
    if (state.draft) {
      this.base = state.draft;
      if (store.doc === sent) store.settle(state.draft);
    }
    store.find([]);
    store.setSaving(store.doc === sent || store.doc === state.draft ? "saved" : "waiting");
    if (store.saving === "waiting") this.again = true;
    this.saved();
  }

  private async reconcile(detail: string): Promise<void> {
    const { store, state } = this;
    const answer = await call("GET", `/api/definitions/${state.kind}/${encodeURIComponent(this.name)}?app=${state.app}`);
    const theirs = answer.ok ? (answer.body as State) : null;
    const doc = theirs?.draft ?? (theirs?.state === "removed" ? null : theirs?.published);
    if (!theirs || !doc) {
      store.setSaving("failed");
      failed(answer.ok ? t("design.gone") : reason(answer));
      return;
    }
    const who = theirs.updated_by_name ?? t("design.someone");
    const merged = merge(this.base, store.doc, doc);
    const mine = merged.conflicts.length > 0 ? await askConflict(merged.conflicts, who) : new Set<string>();
    if (!mine) {
      store.setSaving("failed");
      failed(detail || t("design.conflict_open"), { text: t("design.conflict_show"), run: () => void this.save() });
      return;
    }
    this.base = doc;
    this.version = theirs.version;
    store.change(decide(merged, mine));
    done(t("design.merged", { who }));
    this.again = true;
  }
}
