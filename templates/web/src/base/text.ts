// Texts of the page's language. They lie under `js.*` in the translations; the build puts them into a script that runs first.

declare global {
  var formwrightTexts: Record<string, string> | undefined;
}

/** The text of a key, its `{name}` places filled. `count` chooses between `key.one` and `key.other`. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const texts = globalThis.formwrightTexts ?? {};
  const plural = String(values["count"]) === "1" ? texts[`${key}.one`] : undefined;
  const text = texts[key] ?? plural ?? texts[`${key}.other`] ?? key;
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    return value === undefined ? place : typeof value === "number" ? value.toLocaleString("en-US") : value;
  });
}
