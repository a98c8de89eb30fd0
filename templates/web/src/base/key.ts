// Keys. While a text is being composed with an input method nothing of ours acts: Enter, Escape, arrows and shortcuts belong to it.

/** Whether the event belongs to an input method. */
export function isComposing(event: KeyboardEvent | InputEvent): boolean {
  return event.isComposing || (event instanceof KeyboardEvent && event.keyCode === 229);
}

let composing = false;
document.addEventListener("compositionstart", () => {
  composing = true;
});
document.addEventListener("compositionend", () => {
  composing = false;
});

/** Whether a word is being composed somewhere on the page: what stands in its field is then no text yet. */
export function isInComposition(): boolean {
  return composing;
}

/** Runs now, or when the word being composed is finished. */
export function settled(run: () => void): void {
  if (composing) document.addEventListener("compositionend", () => setTimeout(run), { once: true });
  else run();
}

/** Listens to keys that are not part of a composition. */
export function onKey(target: EventTarget, run: (event: KeyboardEvent) => void): void {
  target.addEventListener("keydown", (event) => {
    if (event instanceof KeyboardEvent && !isComposing(event)) run(event);
  });
}

/** Runs when the text of an input is settled: at once while typing, at the end of a composition. */
export function onText(input: HTMLInputElement | HTMLTextAreaElement, run: () => void): void {
  input.addEventListener("input", (event) => {
    if (!(event instanceof InputEvent && isComposing(event))) run();
  });
  input.addEventListener("compositionend", run);
}

/** Whether the focus is where letters are typed. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox],[type=radio],[type=button]), textarea, select"));
}

/** Ctrl, or ⌘ on a Mac. */
export function isCommand(event: KeyboardEvent): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform) ? event.metaKey : event.ctrlKey;
}
