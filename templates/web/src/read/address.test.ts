import assert from "node:assert/strict";
import { test } from "node:test";
import { withScheme } from "./address.ts";

test("a host without a scheme gets one", () => {
  assert.equal(withScheme(" example.de "), "https://example.de");
  assert.equal(withScheme("www.red.example.com/a?b=1"), "https://www.red.example.com/a?b=1");
  assert.equal(withScheme("//example.com"), "https://example.com");
  assert.equal(withScheme("example.com:8080/x"), "https://example.com:8080/x");
  assert.equal(withScheme("例子.中国"), "https://例子.中国");
});

test("what has a scheme or is no address stays as it was typed", () => {
  for (const text of ["", "http://example.de", "https://a.example", "ftp://x.example", "not a uri", "someone@example.de", "javascript:alert(1)", "example", "-a.example"]) assert.equal(withScheme(text), text);
});
