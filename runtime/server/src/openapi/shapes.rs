//! The components of the description that do not depend on forms: what is sent and what is answered.

use serde_json::{Map, Value as Json, json};

/// The fixed components by name.
pub fn fixed() -> Map<String, Json> {
    let id = || json!({"type": "string", "format": "uuid"});
    let text = || json!({"type": "string"});
    let texts = || json!({"type": "array", "items": {"type": "string"}});
    let cursor = || json!({"type": ["string", "null"]});
    let object = || json!({"type": "object"});
    let objects = || json!({"type": "array", "items": {"type": "object"}});
    let all = [
        ("Object", object()),
        ("Draft", object()),
        ("Nothing", json!({"type": "object", "additionalProperties": false})),
        (
            "List",
            json!({"type": "object", "required": ["items"], "properties": {"items": objects(), "next": cursor()}}),
        ),
        (
            "Problem",
            json!({"type": "object", "required": ["type", "title", "status", "code", "detail", "errors"], "properties": {
                "type": text(), "title": text(), "status": {"type": "integer"}, "code": text(), "detail": text(),
                "errors": {"type": "array", "items": {"type": "object", "required": ["field", "code", "message"], "properties": {"field": text(), "code": text(), "message": text(), "definition": {"type": "object", "properties": {"kind": text(), "app": text(), "name": text(), "file": text()}}}}}
            }}),
        ),
        (
            "Query",
            json!({"type": "object", "additionalProperties": false, "properties": {
                "filter": {"type": ["object", "null"], "description": "A condition: {\"field\":…,\"op\":…,\"value\":…}, {\"and\":[…]}, {\"or\":[…]}, {\"not\":…}"},
                "q": {"type": ["string", "null"]}, "sort": texts(), "select": texts(), "expand": texts(),
                "limit": {"type": "integer", "minimum": 1, "maximum": 500}, "cursor": cursor(),
                "count": {"enum": ["none", "bounded", "exact"]}, "titles": {"type": "boolean"}
            }}),
        ),
        (
            "Aggregate",
            json!({"type": "object", "properties": {
                "filter": {"type": ["object", "null"]},
                "group": {"type": "array", "items": {"type": "object", "required": ["field"], "properties": {"field": text(), "by": {"enum": ["year", "quarter", "month", "week", "day"]}, "name": text()}}},
                "measures": {"type": "array", "items": {"type": "object", "required": ["name", "function"], "properties": {"name": text(), "function": text(), "field": text()}}},
                "having": {"type": ["object", "null"]}, "sort": texts(), "limit": {"type": "integer", "minimum": 1, "maximum": 10000}
            }}),
        ),
        (
            "AggregateRows",
            json!({"type": "object", "required": ["rows", "truncated"], "properties": {"rows": objects(), "truncated": {"type": "boolean"}, "overlapping": {"type": "boolean"}}}),
        ),
        (
            "Batch",
            json!({"type": "object", "required": ["operations"], "properties": {
                "operations": {"type": "array", "maxItems": 1000, "items": {"type": "object", "required": ["op"], "properties": {"op": {"enum": ["create", "update", "delete"]}, "id": id(), "record": object(), "version": {"type": "integer"}}}},
                "atomic": {"type": "boolean", "default": true}
            }}),
        ),
        (
            "BatchResults",
            json!({"type": "object", "required": ["results"], "properties": {
                "results": {"type": "array", "items": {"type": "object", "required": ["status"], "properties": {"status": {"type": "integer"}, "id": id(), "version": {"type": "integer"}, "problem": object()}}},
                "batch": {"type": ["string", "null"]}
            }}),
        ),
        (
            "Preview",
            json!({"type": "object", "required": ["record", "faults"], "properties": {
                "record": object(), "computed": object(), "show": texts(), "hide": texts(), "require": texts(), "readonly": texts(), "options": object(), "faults": objects(), "warnings": objects()
            }}),
        ),
        (
            "History",
            json!({"type": "object", "required": ["items"], "properties": {"next": cursor(), "items": {"type": "array", "items": {"type": "object", "required": ["at", "changes"], "properties": {
                "at": {"type": "string", "format": "date-time"},
                "changes": {"type": "array", "items": {"type": "object", "required": ["field"], "properties": {"field": text(), "from": {}, "to": {}}}}
            }}}}}),
        ),
        (
            "NewComment",
            json!({"type": "object", "required": ["text"], "additionalProperties": false, "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 10000}, "mentions": {"type": "array", "items": id()}}}),
        ),
        (
            "Hits",
            json!({"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {"type": "object", "required": ["form", "id"], "properties": {"form": text(), "id": id(), "title": {"type": ["string", "null"]}, "text": {"type": ["string", "null"]}}}}}}),
        ),
        (
            "View",
            json!({"type": "object", "required": ["form", "title"], "properties": {"form": text(), "title": text()}}),
        ),
        (
            "SignIn",
            json!({"type": "object", "required": ["login", "password"], "additionalProperties": false, "properties": {"login": text(), "password": {"type": "string", "format": "password"}}}),
        ),
        (
            "Session",
            json!({"type": "object", "required": ["user", "csrf"], "properties": {"user": {"$ref": "#/components/schemas/User"}, "csrf": text()}}),
        ),
        (
            "User",
            json!({"type": "object", "required": ["id", "login", "name"], "properties": {"id": id(), "login": text(), "name": text()}}),
        ),
        (
            "NewUser",
            json!({"type": "object", "required": ["login"], "properties": {
                "login": {"type": "string", "minLength": 1, "maxLength": 64}, "name": text(), "password": {"type": "string", "format": "password"},
                "roles": {"type": "array", "items": {}}, "department": {"type": ["string", "null"]}, "locale": {"type": ["string", "null"]}
            }}),
        ),
        (
            "PasswordChange",
            json!({"type": "object", "required": ["current", "new"], "additionalProperties": false, "properties": {"current": text(), "new": text()}}),
        ),
        (
            "FactorCode",
            json!({"type": "object", "required": ["challenge", "code"], "additionalProperties": false, "properties": {"challenge": text(), "code": text()}}),
        ),
        (
            "StepUp",
            json!({"type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1, "properties": {"password": {"type": "string", "format": "password"}, "code": text()}}),
        ),
        (
            "Factor",
            json!({"type": "object", "required": ["enabled", "enabled_at", "recovery_codes", "required"], "properties": {
                "enabled": {"type": "boolean"}, "enabled_at": {"type": ["string", "null"], "format": "date-time"}, "recovery_codes": {"type": "integer"}, "required": {"type": "boolean"}
            }}),
        ),
        ("FactorChange", json!({"type": "object", "additionalProperties": false, "properties": {"code": text()}})),
        (
            "SecretValue",
            json!({"type": "object", "required": ["value"], "additionalProperties": false, "properties": {"value": {"type": "string", "format": "password", "minLength": 1}}}),
        ),
        (
            "NewPassword",
            json!({"type": "object", "required": ["password"], "additionalProperties": false, "properties": {"password": text()}}),
        ),
        (
            "NewInvitation",
            json!({"type": "object", "required": ["user"], "additionalProperties": false, "properties": {"user": id(), "purpose": {"enum": ["invite", "reset"]}}}),
        ),
        (
            "NewToken",
            json!({"type": "object", "required": ["name"], "properties": {"name": text(), "expires_at": {"type": ["string", "null"], "format": "date-time"}, "scopes": texts()}}),
        ),
        ("Token", json!({"type": "object", "required": ["id", "token"], "properties": {"id": id(), "token": text()}})),
        (
            "Clock",
            json!({"type": "object", "required": ["now"], "properties": {"now": {"type": "string", "format": "date-time"}}}),
        ),
        (
            "ClockMove",
            json!({"type": "object", "properties": {"set": {"type": "string", "format": "date-time"}, "advance": text()}}),
        ),
        ("Status", json!({"type": "object", "required": ["status"], "properties": {"status": text()}})),
        (
            "FileUpload",
            json!({"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}}}),
        ),
        (
            "File",
            json!({"type": "object", "required": ["id", "name", "size", "type"], "properties": {"id": id(), "name": text(), "size": {"type": "integer"}, "type": text()}}),
        ),
        (
            "ImportUpload",
            json!({"type": "object", "required": ["file"], "properties": {
                "file": {"type": "string", "contentMediaType": "application/octet-stream"}, "mapping": text(), "key": text(),
                "mode": {"enum": ["create", "update", "upsert"]}, "dry_run": {"enum": ["true", "false"]}, "atomic": {"enum": ["true", "false"]}
            }}),
        ),
        (
            "PreviewUpload",
            json!({"type": "object", "required": ["file"], "properties": {
                "file": {"type": "string", "contentMediaType": "application/octet-stream"}, "sheet": text(), "header_row": {"type": "integer", "minimum": 1, "maximum": 1000}, "encoding": text(), "delimiter": text(), "fresh": {"type": "boolean"}
            }}),
        ),
        ("Collisions", json!({"type": "object", "required": ["hits"], "properties": {"hits": objects()}})),
        ("JobStarted", json!({"type": "object", "required": ["job"], "properties": {"job": id()}})),
        (
            "Job",
            json!({"type": "object", "required": ["id", "kind", "state", "done", "created_at", "updated_at", "created", "updated"], "properties": {
                "id": id(), "kind": text(), "state": {"enum": ["queued", "running", "done", "failed", "cancelled"]}, "done": {"type": "integer"}, "total": {"type": ["integer", "null"]},
                "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"},
                "created": {"type": ["integer", "null"], "description": "Records that an import made"}, "updated": {"type": ["integer", "null"], "description": "Records that an import changed"},
                "faults": objects(), "warnings": objects()
            }}),
        ),
    ];
    all.into_iter().map(|(name, schema)| (name.to_string(), schema)).collect()
}
