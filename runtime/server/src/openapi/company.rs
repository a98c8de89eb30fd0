//! The components of what the company sets once: rates, working time, counters; and of what a person is told.

use serde_json::{Value as Json, json};

/// Components by name.
pub fn components() -> Vec<(&'static str, Json)> {
    let text = || json!({"type": "string"});
    let id = || json!({"type": "string", "format": "uuid"});
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let list = |name: &str| json!({"type": "object", "required": ["items", "next"], "properties": {"items": {"type": "array", "items": reference(name)}, "next": {"type": ["string", "null"]}}});
    let currency = || json!({"type": "string", "pattern": "^[A-Z]{3}$"});
    let day = || json!({"type": "string", "format": "date"});
    let spans = || json!({"type": "array", "maxItems": 12, "items": {"type": "object", "required": ["from", "to"], "properties": {"from": {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}, "to": {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}}}});
    let week = || {
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let properties: serde_json::Map<String, Json> = names.iter().map(|n| ((*n).to_string(), spans())).collect();
        json!({"type": ["object", "null"], "additionalProperties": false, "properties": properties})
    };
    let days = || json!({"type": ["array", "null"], "maxItems": 2000, "items": {"anyOf": [day(), {"type": "object", "required": ["date"], "additionalProperties": false, "properties": {"date": day(), "title": {"type": ["string", "null"], "maxLength": 100}, "hours": spans()}}]}});
    let calendar = || json!({"name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,47}$"}, "title": {"type": ["string", "null"], "maxLength": 100}, "week": week(), "holidays": days(), "workdays": days(), "version": {"type": "integer"}});
    let counter = || json!({"form": text(), "field": text(), "period": text(), "part": text(), "value": {"type": "integer"}, "next": {"type": "integer"}});
    vec![
        (
            "Rate",
            json!({"type": "object", "required": ["currency", "valid_on", "value"], "additionalProperties": false, "properties": {"currency": currency(), "valid_on": day(), "value": {"type": "number"}}}),
        ),
        ("Rates", list("Rate")),
        (
            "NewRates",
            json!({"anyOf": [
                {"type": "object", "required": ["items"], "additionalProperties": false, "properties": {"items": {"type": "array", "maxItems": 1000, "items": {"type": "object", "required": ["currency", "valid_on", "value"], "additionalProperties": false, "properties": {"currency": currency(), "valid_on": day(), "value": {"type": ["number", "null"], "exclusiveMinimum": 0}}}}}},
                {"type": "object", "required": ["currency", "valid_on", "value"], "additionalProperties": false, "properties": {"currency": currency(), "valid_on": day(), "value": {"type": ["number", "null"], "exclusiveMinimum": 0}}}
            ]}),
        ),
        ("Calendar", json!({"type": "object", "required": ["name", "version"], "properties": calendar()})),
        ("Calendars", list("Calendar")),
        ("NewCalendar", json!({"type": "object", "additionalProperties": false, "properties": calendar()})),
        (
            "Counter",
            json!({"type": "object", "required": ["form", "field", "period", "part", "value", "next"], "properties": counter()}),
        ),
        ("Counters", list("Counter")),
        (
            "NewCounter",
            json!({"type": "object", "required": ["form", "field", "next"], "additionalProperties": false, "properties": counter()}),
        ),
        (
            "Task",
            json!({"type": "object", "required": ["id", "form", "record", "title", "summary", "flow", "node", "operations"], "properties": {
                "id": id(), "form": text(), "record": id(), "title": text(), "summary": {"type": "array", "items": {"type": "object"}}, "flow": text(), "node": text(),
                "asked": {}, "initiator": {}, "opened_at": text(), "due_at": {"type": ["string", "null"]}, "version": {"type": "integer"}, "record_version": {"type": "integer"}, "operations": {"type": "array", "items": text()}
            }}),
        ),
        ("Tasks", list("Task")),
        (
            "Notification",
            json!({"type": "object", "required": ["id", "kind", "at", "read_at", "title", "text", "href"], "properties": {
                "id": id(), "kind": {"enum": ["mention", "job"]}, "at": {"type": "string", "format": "date-time"}, "read_at": {"type": ["string", "null"], "format": "date-time"},
                "title": text(), "text": text(), "href": {"type": ["string", "null"]}, "form": {"type": ["string", "null"]}, "record": {"type": ["string", "null"]}, "job": {"type": ["string", "null"]}
            }}),
        ),
        (
            "Notifications",
            json!({"type": "object", "required": ["items", "next", "unread"], "properties": {"items": {"type": "array", "items": reference("Notification")}, "next": {"type": ["string", "null"]}, "unread": {"type": "integer"}}}),
        ),
        (
            "ReadNotifications",
            json!({"type": "object", "additionalProperties": false, "properties": {"ids": {"type": "array", "maxItems": 500, "items": id()}, "all": {"type": "boolean"}}}),
        ),
        ("Unread", json!({"type": "object", "required": ["unread"], "properties": {"unread": {"type": "integer"}}})),
        (
            "NotificationPreferences",
            json!({"type": "object", "required": ["events"], "additionalProperties": false, "properties": {
                "events": {"type": "object", "additionalProperties": false, "properties": {"mention": channels(), "job": channels()}}
            }}),
        ),
    ]
}

fn channels() -> Json {
    json!({"type": "object", "additionalProperties": false, "properties": {"in_app": {"type": "boolean"}}})
}
