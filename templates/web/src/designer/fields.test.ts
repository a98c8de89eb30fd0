import assert from "node:assert/strict";
import { test } from "node:test";
import { addField, allFields, fieldAt, inExpression, moveColumn, pathAt, pointerOf, removeField, renameField, setRequired, typeOf } from "./fields.ts";

const form = {
  title: "amount",
  record: {
    type: "object",
    required: ["amount", "lines"],
    properties: {
      amount: { type: "number", title: "amount" },
      twice: { field: { type: "formula", expression: 'amount * 2 & "amount"' } },
      lines: { type: "array", field: { type: "table" }, items: { type: "object", required: ["qty"], properties: { qty: { type: "integer" }, note: { type: "string" } } } },
    },
  },
  title_field: "amount",
  search: ["amount", "lines.note"],
  layout: [{ section: "main", fields: ["amount", "twice"] }, { section: "rows", fields: ["lines"] }],
  views: [{ name: "all", fields: ["amount", "lines.qty"], sort: ["-amount"], group: "amount", filter: { field: "amount", op: "gt", value: 1 } }],
  unique: [["amount", "twice"], ["twice"]],
};

test("fields of child tables stand behind their table, with paths", () => {
  assert.deepEqual(allFields(form).map((field) => field.path), ["amount", "twice", "lines", "lines.qty", "lines.note"]);
  assert.equal(fieldAt(form, "lines.qty")?.required, true);
  assert.equal(pointerOf("lines.qty"), "/record/properties/lines/items/properties/qty");
  assert.equal(pathAt("/record/properties/lines/items/properties/qty/title"), "lines.qty");
  assert.equal(pathAt("/record/properties/amount"), "amount");
  assert.equal(pathAt("/views/0"), null);
});

test("plain JSON Schema has the types that a person would choose", () => {
  for (const [property, type] of [
    [{ type: "string" }, "text"],
    [{ type: ["string", "null"], format: "date-time" }, "datetime"],
    [{ enum: ["a"] }, "choice"],
    [{ type: "array", items: { type: "object", properties: {} } }, "table"],
    [{ type: "object" }, "json"],
    [{ type: "string", field: { type: "link" } }, "link"],
  ] as const) assert.equal(typeOf(property as never), type);
});

test("a renamed field keeps its place and is renamed wherever the form names it, never in words for people", () => {
  const renamed = renameField(form, "amount", "total");
  assert.deepEqual(Object.keys((renamed["record"] as typeof form.record).properties), ["total", "twice", "lines"]);
  assert.equal(fieldAt(renamed, "total")?.property["title"], "amount");
  assert.equal(fieldAt(renamed, "total")?.required, true);
  assert.deepEqual(fieldAt(renamed, "twice")?.property["field"], { type: "formula", expression: 'total * 2 & "amount"' });
  assert.equal(renamed["title"], "amount");
  assert.equal(renamed["title_field"], "total");
  assert.deepEqual(renamed["views"], [{ name: "all", fields: ["total", "lines.qty"], sort: ["-total"], group: "total", filter: { field: "total", op: "gt", value: 1 } }]);
  const column = renameField(form, "lines.note", "remark");
  assert.deepEqual(column["search"], ["amount", "lines.remark"]);
  const table = renameField(form, "lines", "items");
  assert.deepEqual(table["search"], ["amount", "items.note"]);
});

test("a removed field is gone from everything that named it", () => {
  const rest = removeField(form, "amount");
  assert.equal(rest["title_field"], undefined);
  assert.deepEqual(rest["search"], ["lines.note"]);
  assert.deepEqual(rest["unique"], [["twice"]]);
  assert.deepEqual(rest["layout"], [{ section: "main", fields: ["twice"] }, { section: "rows", fields: ["lines"] }]);
  assert.deepEqual((rest["record"] as typeof form.record).required, ["lines"]);
  assert.deepEqual(rest["views"], [{ name: "all", fields: ["lines.qty"], sort: [], filter: { field: "amount", op: "gt", value: 1 } }]);
});

test("fields are added where they are put, in sections and in child tables", () => {
  const added = addField(form, "place", { type: "string" }, { at: [0], index: 1 });
  assert.deepEqual((added["layout"] as typeof form.layout)[0]?.fields, ["amount", "place", "twice"]);
  const column = addField(form, "lines.price", { type: "number" }, null, "note");
  assert.deepEqual(allFields(column).map((field) => field.path).slice(-3), ["lines.qty", "lines.price", "lines.note"]);
  assert.equal(column["layout"], form.layout);
  assert.deepEqual(allFields(moveColumn(column, "lines.note", "qty")).map((field) => field.path).slice(-3), ["lines.note", "lines.qty", "lines.price"]);
});

test("what is required stands with the object that holds the field", () => {
  assert.equal(fieldAt(setRequired(form, "lines.note", true), "lines.note")?.required, true);
  assert.equal(fieldAt(setRequired(form, "lines.qty", false), "lines.qty")?.required, false);
});

test("only whole words of an expression are renamed", () => {
  assert.equal(inExpression("amount + amounts + SUM(lines.amount) + amount.x", "amount", "a"), "a + amounts + SUM(lines.amount) + a.x");
});
