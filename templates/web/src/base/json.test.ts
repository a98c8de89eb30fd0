import assert from "node:assert/strict";
import { test } from "node:test";
import { Exact, readExact, toJson } from "./json.ts";

test("numbers keep all their digits, texts that look like numbers stay texts", () => {
  const text = '{"a":12345678901234567.89,"b":"12 \\"3\\" 4.5","c":[-1.50,1e3,null,true],"d":{"e":""}}';
  const read = readExact(text) as { a: Exact; b: string; c: unknown[] };
  assert.equal(read.a.text, "12345678901234567.89");
  assert.equal(read.b, '12 "3" 4.5');
  assert.equal(toJson(read as never), text);
});
