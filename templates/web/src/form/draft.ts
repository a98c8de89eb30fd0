// What was typed and not saved, kept in the browser for some days and offered when the form is opened again.

import { find, h, icon, meta } from "../base/dom.ts";
import { type Json, sameJson } from "../base/json.ts";
import { t } from "../base/text.ts";
import type { Field } from "./words.ts";

const DRAFT_DAYS = 7;

export class Draft {
  private readonly name: string | null;

  /** `version` is the one that the form was drawn with: a draft of another one is not offered. */
  constructor(
    private readonly form: HTMLFormElement,
    private readonly fields: () => Field[],
    private readonly version: () => string | null,
  ) {
    const data = form.dataset;
    this.name = data["form"] ? `fw-draft:${meta("login")}:${data["form"]}:${data["id"] ?? "new"}` : null;
  }

  /** Keeps what stands in the controls, secrets left out, and says so. */
  keep(): void {
    if (!this.name) return;
    const fields = Object.fromEntries(this.fields().filter((field) => !isSecret(field)).map((field) => [field.path, field.keep()]));
    try {
      localStorage.setItem(this.name, JSON.stringify({ at: Date.now(), version: this.version(), fields }));
    } catch {
      return;
    }
    const note = document.getElementById("draft-note");
    if (note) {
      note.hidden = false;
      const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(new Date());
      note.replaceChildren(icon("circle-check", "s"), t("draft.kept", { time }));
    }
  }

  /** Forgets what was kept. */
  drop(): void {
    if (this.name) localStorage.removeItem(this.name);
  }

  /** Offers what was kept; `taken` is told each field that it is put back into. */
  offer(taken: (path: string) => void): void {
    const text = this.name && localStorage.getItem(this.name);
    if (!text) return;
    const draft = JSON.parse(text) as { at: number; version: string | null; fields: Record<string, Json> };
    if (Date.now() - draft.at > DRAFT_DAYS * 86_400_000 || draft.version !== this.version()) {
      this.drop();
      return;
    }
    const at = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }).format(draft.at);
    const note = h("div", { class: "note info" }, icon("info"), h("span", { class: "grow" }, t("draft.found", { at })));
    const take = h("button", { type: "button", class: "btn sm" }, t("draft.take"));
    const drop = h("button", { type: "button", class: "btn ghost sm" }, t("draft.drop"));
    take.addEventListener("click", () => {
      for (const field of this.fields()) {
        const kept = draft.fields[field.path];
        if (kept === undefined || sameJson(kept, field.keep())) continue;
        field.restore(kept);
        taken(field.path);
      }
      note.remove();
    });
    drop.addEventListener("click", () => {
      this.drop();
      note.remove();
    });
    note.append(take, drop);
    this.form.prepend(note);
  }
}

function isSecret(field: Field): boolean {
  return find("input[type=password]", field.host) !== null;
}
