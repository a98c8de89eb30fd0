import assert from "node:assert/strict";
import { test } from "node:test";
import { rangeOf } from "./json-place.ts";
import { suggest } from "./json-schema.ts";

const source = `{
  "title": "a \\"quoted\\" one",
  "record": { "properties": { "a/b": { "type": "string" }, "c": [1, {"d": true}] } }
}`;
const at = (pointer: string) => {
  const range = rangeOf(source, pointer);
  return range && source.slice(range.from, range.to);
};

test("a pointer leads to its key and value in the text", () => {
  assert.equal(at("/title"), '"title": "a \\"quoted\\" one"');
  assert.equal(at("/record/properties/a~1b/type"), '"type": "string"');
  assert.equal(at("/record/properties/c/1/d"), '"d": true');
  assert.equal(at("/record/properties/c/0"), "1");
});

test("a pointer to what is not there leads to the nearest place above it", () => {
  assert.equal(at("/record/properties/a~1b/field/form"), '"a/b": {');
  assert.equal(rangeOf('{"a": {"b": ', "/a/b/c")?.from, 1);
});

test("keys and values are suggested by the kind's schema, without those that stand already", () => {
  const schema = { type: "object", properties: { title: { type: "string", description: "Words" }, layout: { anyOf: [{ type: "array", items: { $ref: "#/$defs/Entry" } }, { type: "null" }] }, comments: { type: ["boolean", "null"] } }, $defs: { Entry: { type: "object", properties: { section: { type: "string" }, kind: { enum: ["x", "y"] } } } } };
  const labels = (place: Parameters<typeof suggest>[1]) => suggest(schema, place).map((one) => one.label);
  assert.deepEqual(labels({ at: "", key: null, taken: ["title"] }), ['"layout"', '"comments"']);
  assert.deepEqual(labels({ at: "/layout/0", key: null, taken: [] }), ['"section"', '"kind"']);
  assert.deepEqual(labels({ at: "/layout/0", key: "kind", taken: [] }), ['"x"', '"y"']);
  assert.deepEqual(labels({ at: "", key: "comments", taken: [] }), ["true", "false"]);
  assert.ok(labels({ at: "/record/properties/a/field", key: "type", taken: [] }).includes('"money"'));
  assert.ok(labels({ at: "/record/properties/a", key: null, taken: ["type"] }).includes('"maxLength"'));
});
