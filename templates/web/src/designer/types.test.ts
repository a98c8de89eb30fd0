import assert from "node:assert/strict";
import { test } from "node:test";
import { type Doc, text } from "./document.ts";
import { typeOf } from "./fields.ts";
import { TYPES, convert, read, typeNamed, write } from "./types.ts";

const words = (key: string) => key;

test("a new field of every type is read back as that type", () => {
  for (const type of TYPES) assert.equal(typeOf(type.make(words)), type.name);
});

test("a format that JSON Schema knows stands in its own keyword, a phone beside it", () => {
  const format = typeNamed("text").options.find((option) => option.key === "format");
  assert.ok(format);
  const mail = write(format, { type: "string" }, "email");
  assert.deepEqual(mail, { type: "string", format: "email" });
  const phone = write(format, mail, "phone");
  assert.deepEqual(phone, { type: "string", field: { format: "phone" } });
  assert.equal(read(format, phone), "phone");
  assert.deepEqual(write(format, phone, ""), { type: "string" });
});

test("a field that becomes another type keeps its words, its id and its choices", () => {
  const choice: Doc = { type: "string", title: "Grade", labels: { "zh-CN": "等级" }, oneOf: [{ const: "A", title: "High" }], field: { type: "choice", id: "c1" } };
  const status = convert(choice, "status", words);
  assert.deepEqual(status, { type: "string", oneOf: choice["oneOf"], field: { type: "status", id: "c1" }, title: "Grade", labels: { "zh-CN": "等级" } });
  const many = convert(status, "choices", words);
  assert.deepEqual(many["items"], { oneOf: choice["oneOf"] });
  const plain = convert(many, "text", words);
  assert.equal(text(plain, "/field/id"), "c1");
  assert.equal(typeOf(plain), "text");
  assert.equal(plain["oneOf"], undefined);
});

test("an option that is emptied leaves nothing behind", () => {
  const scale = typeNamed("percent").options.find((option) => option.key === "scale");
  assert.ok(scale);
  assert.deepEqual(write(scale, { field: { scale: 2 } }, undefined), {});
});
