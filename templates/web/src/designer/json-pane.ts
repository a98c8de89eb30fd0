// The document as JSON beside its editor: what is typed here is a step of the same history, what is done there is shown here.

import { call } from "../base/api.ts";
import { debounce, h } from "../base/dom.ts";
import { t } from "../base/text.ts";
import type { Code } from "./code.ts";
import { type Doc, type Value, isDoc, same } from "./document.ts";
import type { Store } from "./store.ts";

export class JsonPane {
  private readonly host = h("div", { class: "dz-code" });
  private readonly fault = h("p", { class: "dz-code-f", role: "status", hidden: true });
  readonly element = h("section", { class: "dz-json", "aria-label": "JSON", hidden: true }, this.host, this.fault);
  private code: Code | null = null;
  private readonly take = debounce(300, (text: string) => this.read(text));

  constructor(
    private readonly store: Store,
    private readonly kind: string,
  ) {
    store.listen((news) => {
      if (this.element.hidden || !this.code) return;
      if (news.what === "doc" && news.by !== "json") this.code.show(this.text());
      if (news.what === "faults") this.code.mark(store.faults);
    });
  }

  private text(): string {
    return `${JSON.stringify(this.store.doc, null, 2)}\n`;
  }

  async show(open: boolean): Promise<void> {
    this.element.hidden = !open;
    if (!open) return;
    if (!this.code) {
      const [{ openCode }, schema] = await Promise.all([import("./code.ts"), call("GET", `/api/definitions/schemas/${this.kind}.json`)]);
      this.code = openCode(this.host, this.text(), t("design.json_label"), schema.ok ? (schema.body as Value) : null, (text) => this.take(text));
    } else this.code.show(this.text());
    this.code.mark(this.store.faults);
  }

  go(pointer: string): void {
    this.code?.go(pointer);
  }

  private read(text: string): void {
    let read: Value;
    try {
      read = JSON.parse(text) as Value;
    } catch (error) {
      this.say(t("json.bad", { reason: error instanceof Error ? error.message : "" }));
      return;
    }
    if (!isDoc(read)) {
      this.say(t("design.json_object"));
      return;
    }
    this.say("");
    const doc: Doc = read;
    if (!same(doc, this.store.doc) || JSON.stringify(doc) !== JSON.stringify(this.store.doc)) this.store.change(doc, "json", "json");
  }

  private say(words: string): void {
    this.fault.hidden = words === "";
    this.fault.textContent = words;
  }
}
