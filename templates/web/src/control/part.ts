// What every control of a form can do.

import { find } from "../base/dom.ts";
import type { Json } from "../base/json.ts";

/** Surroundings of a control: the day and zone of the reader. */
export interface Setting {
  today: string;
  zone: string;
}

/** A value, or a sentence that says what is wrong with what was typed. */
export type Reading = { value: Json } | { fault: string };

/** A control on the page. */
export interface Control {
  /** The field's name, or in a row the column's. */
  readonly path: string;
  readonly label: string;
  /** The element that holds it (`data-control`). */
  readonly host: HTMLElement;
  /** Shown only: sends nothing. */
  readonly readonly: boolean;
  readonly required: boolean;
  read(): Reading;
  /** What a draft keeps. */
  keep(): Json;
  /** Takes back what a draft kept. */
  restore(kept: Json): void;
  /** Puts in a text as if typed or pasted. */
  type(text: string): void;
  focus(): void;
}

/** What all controls share. */
export abstract class BaseControl implements Control {
  readonly path: string;
  readonly label: string;
  readonly readonly: boolean;
  readonly required: boolean;

  constructor(readonly host: HTMLElement) {
    this.path = host.dataset["path"] ?? "";
    this.label = host.dataset["label"] ?? "";
    this.readonly = "readonly" in host.dataset;
    this.required = "required" in host.dataset;
  }

  abstract read(): Reading;
  abstract keep(): Json;
  abstract restore(kept: Json): void;
  abstract type(text: string): void;

  focus(): void {
    find("input:not(.native):not([type=hidden]), textarea, select, canvas, button", this.host)?.focus();
  }

  /** Tells the form that something changed. */
  protected changed(): void {
    this.host.dispatchEvent(new CustomEvent("fw-change", { bubbles: true }));
  }
}
