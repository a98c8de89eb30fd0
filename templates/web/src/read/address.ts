// Web addresses as people type them.

const HOST = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*(\.[\p{L}\p{N}_][\p{L}\p{N}_-]*)+$/u;

/** The address with `https://` in front where a host was typed without a scheme, as an import reads it. Anything else comes back trimmed. */
export function withScheme(text: string): string {
  const typed = text.trim();
  const rest = typed.replace(/^\/\//, "");
  const host = rest.split(/[/?#:]/, 1)[0] ?? "";
  return typed.includes("://") || /[\s<>"@\\]/.test(rest) || !HOST.test(host) ? typed : `https://${rest}`;
}
