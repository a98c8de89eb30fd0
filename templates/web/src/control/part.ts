// What every control of a form can do.

import { all, find } from "../base/dom.ts";
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
  /** Changes with the rules of the form. */
  required: boolean;
  read(): Reading;
  /** What a draft keeps. */
  keep(): Json;
  /** Takes back what a draft kept. */
  restore(kept: Json): void;
  /** Puts in a text as if typed or pasted. */
  type(text: string): void;
  /** Puts in a value that the server gives; nobody has typed it. */
  put(value: Json): void;
  /** Leaves only these choices; null leaves all. */
  narrow(values: string[] | null): void;
  focus(): void;
}

/** What all controls share. */
export abstract class BaseControl implements Control {
  readonly path: string;
  readonly label: string;
  readonly readonly: boolean;
  required: boolean;

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

  put(_value: Json): void {}

  narrow(_values: string[] | null): void {}

  focus(): void {
    find("input:not(.native):not([type=hidden]), textarea, select, canvas, button", this.host)?.focus();
  }

  /** Tells the form that something changed. */
  protected changed(): void {
    this.host.dispatchEvent(new CustomEvent("fw-change", { bubbles: true }));
  }
}

/** Makes the inputs of a control readable only, and back. */
export function setLocked(host: HTMLElement, locked: boolean): void {
  host.classList.toggle("is-locked", locked);
  for (const input of all<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement | HTMLButtonElement>("input, textarea, select, button", host)) {
    if (input instanceof HTMLTextAreaElement || (input instanceof HTMLInputElement && !["checkbox", "radio", "file"].includes(input.type))) input.readOnly = locked;
    else input.disabled = locked;
  }
}
