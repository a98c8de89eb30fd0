// Records that are there already: asked while somebody types, shown below the field that tells them apart. Of a record that the
// reader may not see only what the form tells of it.

import { call } from "../base/api.ts";
import { all, announce, debounce, find, h, icon, url } from "../base/dom.ts";
import { type Json, sameJson } from "../base/json.ts";
import { t } from "../base/text.ts";

/** A question to one form, as the server wrote it. */
interface Comparison {
  form: string;
  /** Fields of the page, each with the path under which it is asked. */
  fields: [string, string][];
  /** The field that links to the asked form: the record it names is no other one. */
  link: string | null;
  told: { name: string; title: string; choices: [string, string][] }[];
}

interface Hit {
  rule: string;
  on_hit: "refuse" | "warn";
  readable: boolean;
  record?: { form: string; id: string; title: string | null };
  tell?: { [key: string]: Json };
}

type Draft = { [key: string]: Json };

export class Duplicates {
  private readonly questions: Question[];

  /** `read` gives the values of fields as they stand. */
  constructor(form: HTMLFormElement, read: (paths: string[]) => Draft) {
    const comparisons = JSON.parse(form.dataset["compared"] ?? "[]") as Comparison[];
    this.questions = comparisons.map((comparison) => new Question(form, comparison, read));
  }

  /** A field has changed: asks where it is compared. */
  look(path: string): void {
    for (const question of this.questions) if (question.concerns(path)) question.look();
  }

  /** Whether a record like this may not be made; asks where the answer is not of what stands there now. */
  async refuses(): Promise<boolean> {
    const answers = await Promise.all(this.questions.map((question) => question.refuses()));
    return answers.includes(true);
  }

  /** Brings what was found into sight. */
  reveal(): void {
    find(".dups:not(:empty)")?.scrollIntoView({ block: "center", behavior: "instant" });
  }
}

class Question {
  private asked: Draft | null = null;
  private hits: Hit[] = [];
  private turn = 0;
  private readonly place = h("div", { class: "dups full" });
  readonly look: () => void;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly comparison: Comparison,
    private readonly read: (paths: string[]) => Draft,
  ) {
    this.look = debounce(500, () => void this.ask());
    const hosts = all(".f[data-field]", form).filter((host) => this.concerns(host.dataset["field"] ?? ""));
    // what stands above the field that is being filled in does not move
    (hosts.filter((host) => host.dataset["field"] !== comparison.link).at(-1) ?? hosts.at(-1))?.after(this.place);
  }

  concerns(path: string): boolean {
    return path === this.comparison.link || this.comparison.fields.some(([field]) => field === path);
  }

  async refuses(): Promise<boolean> {
    await this.ask();
    return this.hits.some((hit) => hit.on_hit === "refuse");
  }

  private async ask(): Promise<void> {
    const { form, fields, link } = this.comparison;
    const values = this.read([...fields.map(([field]) => field), ...(link ? [link] : [])]);
    const draft: Draft = Object.fromEntries(fields.map(([field, path]) => [path, values[field] ?? null]));
    const isEmpty = Object.values(draft).every((value) => value === null || value === "");
    const own = link ? values[link] : this.form.dataset["id"];
    if (own) draft["id"] = own;
    if (this.asked && sameJson(draft, this.asked)) return;
    if (isEmpty) {
      this.asked = draft;
      this.show([]);
      return;
    }
    const turn = ++this.turn;
    const answer = await call("POST", `/api/records/${form}/duplicates`, { json: draft });
    // too many questions, or an older one: what was found before stays until the next answer
    if (!answer.ok || turn !== this.turn) return;
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
    const title = t(refuses ? "duplicates.refused" : "duplicates.similar");
    const isMixed = refuses && hits.some((hit) => hit.on_hit === "warn");
    this.place.replaceChildren(
      h("div", { class: `note ${refuses ? "bad" : "warn"}` }, icon(refuses ? "circle-alert" : "triangle-alert"), h("div", {}, h("b", {}, title), h("ul", { class: "dup-l" }, ...hits.map((hit) => this.line(hit, isMixed))))),
    );
    announce(title);
  }

  private line(hit: Hit, isMixed: boolean): HTMLElement {
    const told = Object.entries(hit.tell ?? {}).flatMap(([name, value]) => {
      const field = this.comparison.told.find((one) => one.name === name);
      const words = wordsOf(value, field?.choices ?? []);
      return words === null ? [] : [`${field?.title ?? name}${t("colon")}${words}`];
    });
    const name =
      hit.readable && hit.record
        ? h("a", { class: "link st", target: "_blank", rel: "noopener", href: url(`/forms/${hit.record.form}/${hit.record.id}`) }, hit.record.title ?? hit.record.id)
        : h("span", {}, icon("lock", "s"), t("duplicates.hidden"));
    const weight = isMixed ? h("span", { class: `tag ${hit.on_hit === "refuse" ? "c10" : "c3"}` }, t(hit.on_hit === "refuse" ? "duplicates.same" : "duplicates.like")) : null;
    return h("li", {}, name, weight, told.length > 0 ? h("span", { class: "sec" }, told.join(t("list_comma"))) : null);
  }
}

/** A told value in words; null where there is nothing to tell. */
function wordsOf(value: Json, choices: [string, string][]): string | null {
  if (value === null || value === "") return null;
  if (value === true || value === false) return t(value ? "yes" : "no");
  if (Array.isArray(value)) return value.map((one) => wordsOf(one, choices) ?? "").join(t("list_comma")) || null;
  // people are told by name
  if (typeof value === "object") return "name" in value && value.name ? String(value.name) : null;
  return choices.find(([code]) => code === value)?.[1] ?? String(value);
}
