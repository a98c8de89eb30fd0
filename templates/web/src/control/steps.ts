// A status in its steps: one is chosen, and only where it may go now can be chosen next.

import { all, find } from "../base/dom.ts";
import type { Json } from "../base/json.ts";
import { BaseControl, type Reading } from "./part.ts";

export class StepsControl extends BaseControl {
  private readonly steps: HTMLInputElement[];

  constructor(host: HTMLElement) {
    super(host);
    this.steps = all<HTMLInputElement>("input[type=radio]", host);
    for (const step of this.steps) {
      step.addEventListener("change", () => {
        this.draw();
        this.changed();
      });
    }
    this.draw();
  }

  /** What lies before the chosen step is behind. */
  private draw(): void {
    const now = this.steps.findIndex((step) => step.checked);
    this.steps.forEach((step, index) => {
      const label = step.closest("label");
      label?.classList.toggle("is-now", index === now);
      label?.classList.toggle("is-done", index < now);
    });
  }

  private choose(value: string): void {
    for (const step of this.steps) step.checked = step.value === value;
    this.draw();
  }

  read(): Reading {
    return { value: this.steps.find((step) => step.checked)?.value ?? null };
  }

  keep(): Json {
    return this.steps.find((step) => step.checked)?.value ?? "";
  }

  restore(kept: Json): void {
    if (typeof kept === "string") this.choose(kept);
  }

  override put(value: Json): void {
    this.choose(typeof value === "string" ? value : "");
  }

  override narrow(values: string[] | null): void {
    if (this.readonly) return;
    for (const step of this.steps) step.disabled = values !== null && !values.includes(step.value) && !step.checked;
  }

  type(text: string): void {
    const wanted = text.trim().toLowerCase();
    const step = this.steps.find((one) => !one.disabled && (one.value.toLowerCase() === wanted || one.closest("label")?.textContent?.trim().toLowerCase() === wanted));
    if (!step) return;
    this.choose(step.value);
    this.changed();
  }

  override focus(): void {
    (this.steps.find((step) => step.checked) ?? find<HTMLInputElement>("input:not([disabled])", this.host))?.focus();
  }
}
