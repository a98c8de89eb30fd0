// What else there is to refer to: apps, forms, lists of choices, roles and people, read once when first asked for.

import { call } from "../base/api.ts";
import { type Doc, isDoc } from "./document.ts";
import type { Field } from "./fields.ts";
import { fieldsOf } from "./fields.ts";
import type { State } from "./saving.ts";
import { titleOf } from "./store.ts";

export interface Known {
  kind: string;
  app: string;
  name: string;
  title: string;
  labels?: Doc;
  state: string;
  extends?: string | null;
}

interface Described {
  name: string;
  title: string;
  app: string;
}

export class World {
  private definitions: Promise<Known[]> | null = null;
  private described: Promise<Described[]> | null = null;
  private readonly docs = new Map<string, Promise<Doc | null>>();

  constructor(readonly app: string) {}

  /** All definitions that this person may design. */
  all(): Promise<Known[]> {
    this.definitions ??= call("GET", "/api/definitions").then((answer) => ((answer.body?.items ?? []) as Known[]).map((item) => ({ ...item, title: titleOf(item as unknown as Doc, item.name) })));
    return this.definitions;
  }

  async of(kind: string): Promise<Known[]> {
    return (await this.all()).filter((item) => item.kind === kind && !item.extends && item.state !== "removed");
  }

  /** Forms to refer to: those being designed, and the published ones of other apps. */
  async forms(): Promise<Described[]> {
    this.described ??= call("GET", "/api/forms").then((answer) => (answer.body?.items ?? []) as Described[]);
    const [own, others] = await Promise.all([this.of("form"), this.described]);
    return [...own, ...others.filter((form) => !own.some((known) => known.name === form.name))];
  }

  /** A definition as drafted, else as published. */
  doc(kind: string, name: string, app?: string): Promise<Doc | null> {
    const key = `${kind}/${app ?? ""}/${name}`;
    let found = this.docs.get(key);
    if (!found) {
      found = call("GET", `/api/definitions/${kind}/${encodeURIComponent(name)}${app ? `?app=${app}` : ""}`).then((answer) => {
        const state = answer.ok ? (answer.body as State) : null;
        return state?.draft ?? state?.published ?? null;
      });
      this.docs.set(key, found);
    }
    return found;
  }

  /** The fields of a form, also of one that this person may only use. */
  async fields(form: string): Promise<Field[]> {
    const doc = await this.doc("form", form);
    if (doc) return fieldsOf(doc);
    const answer = await call("GET", `/api/forms/${encodeURIComponent(form)}/schema.json`);
    return answer.ok && isDoc(answer.body) ? fieldsOf({ record: answer.body }) : [];
  }
}

/** A name for a title, from the server, which knows how Chinese is spoken. */
export async function proposeName(title: string, taken: string[], fallback: string): Promise<string> {
  const answer = await call("POST", "/api/definitions/names", { json: { titles: [title], taken, fallback } });
  const name = answer.ok ? (answer.body?.names?.[0] as string | undefined) : undefined;
  return name ?? `${fallback}_${taken.length + 1}`;
}
