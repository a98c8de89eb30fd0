// The form as somebody would fill it in if the drafts were published: drawn by the server, for any person, at the width of a desk or a phone.

import { call } from "../base/api.ts";
import { find, h, icon, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import type { Store } from "./store.ts";
import { text } from "./document.ts";

interface Person {
  id: string;
  name: string;
  login?: string;
}

export class Preview {
  readonly element = h("div", { class: "dz-preview", hidden: true });
  private readonly place = h("div", { class: "dz-preview-p" });
  private readonly who = h("select", { class: "in sm", "aria-label": t("design.preview.as") });
  private asked = false;
  private sequence = 0;

  constructor(
    private readonly store: Store,
    private readonly app: string,
  ) {
    this.who.append(h("option", { value: "" }, t("design.preview.me")));
    this.who.addEventListener("change", () => void this.draw());
    this.element.append(h("div", { class: "row dz-preview-h" }, h("span", { class: "sec t13" }, t("design.preview.as")), this.who), this.place);
    // what is saved can be drawn
    store.listen((news) => {
      if (news.what === "saving" && store.saving === "saved" && !this.element.hidden) void this.draw();
    });
  }

  async show(open: boolean): Promise<void> {
    this.element.hidden = !open;
    if (!open) return;
    if (!this.asked) {
      this.asked = true;
      const answer = await call("GET", "/api/users?limit=100");
      const people = (answer.ok ? (answer.body?.items ?? []) : []) as Person[];
      this.who.append(...people.map((person) => h("option", { value: person.id }, person.name)));
    }
    await this.draw();
  }

  setPhone(phone: boolean): void {
    this.element.classList.toggle("is-phone", phone);
  }

  private async draw(): Promise<void> {
    const turn = ++this.sequence;
    if (this.place.children.length === 0) this.place.replaceChildren(h("div", { class: "card card-b col g12" }, h("i", { class: "sk w2" }), h("i", { class: "sk w3" })));
    // whoever sees as another proves first who he is; the page itself could not ask
    if (this.who.value) await call("GET", `/api/me?as=${this.who.value}`);
    const person = this.who.value ? `/${this.who.value}` : "";
    const response = await fetch(url(`/design/${this.app}/form/${text(this.store.doc, "/name")}/preview${person}`), { headers: { Accept: "text/html" }, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (turn !== this.sequence) return;
    const form = response.ok ? find("#record-form", page) : null;
    if (!form) {
      const why = find("main h1, main h2", page)?.textContent ?? "";
      this.place.replaceChildren(h("div", { class: "empty" }, icon("eye-off", "l"), h("h2", {}, response.status === 422 ? t("design.preview.faults") : t("design.preview.none")), h("p", {}, response.status === 403 || response.status === 404 ? t("design.preview.no_access") : why)));
      return;
    }
    // a picture of the page, not the page: nothing in it can be used or sent
    const shown = document.importNode(form, true);
    const picture = h("div", { class: "form-m" }, ...[...shown.childNodes]);
    for (const element of picture.querySelectorAll("script, noscript, template")) element.remove();
    for (const element of picture.querySelectorAll("[id]")) element.removeAttribute("id");
    picture.inert = true;
    this.place.replaceChildren(picture);
  }
}
