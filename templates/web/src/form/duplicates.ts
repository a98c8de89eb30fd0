// Records that are there already: asked while somebody types, shown above the form. Of a record that the reader may not see
// only what the form tells of it.

import { call } from "../base/api.ts";
import { debounce, h, icon, url } from "../base/dom.ts";
import { type Json, sameJson } from "../base/json.ts";
import { t } from "../base/text.ts";

interface Hit {
  rule: string;
  on_hit: "refuse" | "warn";
  readable: boolean;
  record?: { form: string; id: string; title: string | null };
  tell?: { [key: string]: Json };
}

type Draft = { [key: string]: Json };

export class Duplicates {
  private asked: Draft | null = null;
  private hits: Hit[] = [];
  private questions = 0;
  private readonly titles: Map<string, string>;
  readonly paths: string[];
  readonly look: () => void;

  /** `read` gives the values of the compared fields as they stand. */
  constructor(
    private readonly form: HTMLFormElement,
    private readonly place: HTMLElement,
    private readonly read: (paths: string[]) => Draft,
  ) {
    this.paths = JSON.parse(form.dataset["compared"] ?? "[]");
    this.titles = new Map(JSON.parse(form.dataset["told"] ?? "[]"));
    this.look = debounce(500, () => void this.ask());
  }

  /** Whether a record like this may not be made; asks where the answer is not of what stands there now. */
  async refuses(): Promise<boolean> {
    await this.ask();
    return this.hits.some((hit) => hit.on_hit === "refuse");
  }

  private async ask(): Promise<void> {
    const draft = this.read(this.paths);
    if (this.asked && sameJson(draft, this.asked)) return;
    if (Object.values(draft).every((value) => value === null || value === "")) {
      this.asked = draft;
      this.show([]);
      return;
    }
    const question = ++this.questions;
    const id = this.form.dataset["id"];
    const answer = await call("POST", `/api/records/${this.form.dataset["form"] ?? ""}/duplicates`, { json: id ? { ...draft, id } : draft });
    // too many questions, or an older one: what was found before stays until the next answer
    if (!answer.ok || question !== this.questions) return;
    this.asked = draft;
    this.show((answer.body as { hits: Hit[] }).hits);
  }

  private show(hits: Hit[]): void {
    this.hits = hits;
    if (hits.length === 0) {
      this.place.replaceChildren();
      return;
    }
    const refuses = hits.some((hit) => hit.on_hit === "refuse");
    this.place.replaceChildren(
      h(
        "div",
        { class: `note mb16 ${refuses ? "bad" : "warn"}` },
        icon(refuses ? "circle-alert" : "triangle-alert"),
        h("div", {}, h("b", {}, t(refuses ? "duplicates.refused" : "duplicates.similar")), h("ul", {}, ...hits.map((hit) => h("li", {}, this.named(hit))))),
      ),
    );
  }

  private named(hit: Hit): HTMLElement {
    if (hit.readable && hit.record) {
      return h("a", { class: "link", target: "_blank", rel: "noopener", href: url(`/forms/${hit.record.form}/${hit.record.id}`) }, hit.record.title ?? hit.record.id);
    }
    const told = Object.entries(hit.tell ?? {}).map(([name, value]) => `${this.titles.get(name) ?? name}${t("colon")}${words(value)}`);
    return h("span", {}, t("duplicates.hidden"), told.length > 0 ? ` ${told.join(t("list_comma"))}` : "");
  }
}

function words(value: Json): string {
  if (value === true || value === false) return t(value ? "yes" : "no");
  if (value === null) return "—";
  // people are told by name
  if (typeof value === "object" && "name" in value) return String(value.name ?? "—");
  return String(value);
}
