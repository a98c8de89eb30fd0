//! This crate's part of the API's description. A test compares it with the routes.

use formwright_server::openapi::{Body, Operation, Param, ParamKind as K, Shape, Takes, may};

const NO_PARAMS: &[Param] = &[];
const PLAIN: &[Takes] = &[];
const ONCE: &[Takes] = &[Takes::IdempotencyKey];
const GUARDED: &[Takes] = &[Takes::IfMatch];
const OBJECT: &[(u16, Shape)] = &[(200, Shape::Json("Object"))];
const LIST: &[(u16, Shape)] = &[(200, Shape::Json("List"))];
const DONE: &[(u16, Shape)] = &[(204, Shape::Empty)];
const OF_APP: &[Param] = &[may("app", K::Text, "The app that gives the definition; without it the base is meant")];

const fn op(
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    query: &'static [Param],
    body: Body,
    answers: &'static [(u16, Shape)],
    takes: &'static [Takes],
) -> Operation {
    Operation { method, path, id, tag: "definitions", summary, query, body, answers, takes }
}

/// The table.
pub const OPERATIONS: &[Operation] = &[
    op(
        "get",
        "/api/definitions",
        "list_definitions",
        "Definitions, published and drafted",
        &[
            may("kind", K::Choice(&["app", "options", "form", "role"]), "Only this kind"),
            may("app", K::Text, "Only this app"),
        ],
        Body::None,
        LIST,
        PLAIN,
    ),
    op(
        "get",
        "/api/definitions/schemas/{file}",
        "read_kind_schema",
        "JSON Schema of a kind of definitions",
        NO_PARAMS,
        Body::None,
        &[(200, Shape::Typed("application/schema+json", "Object"))],
        PLAIN,
    ),
    op(
        "get",
        "/api/definitions/{kind}/{name}",
        "read_definition",
        "A definition, published and drafted",
        OF_APP,
        Body::None,
        OBJECT,
        PLAIN,
    ),
    op(
        "put",
        "/api/definitions/{kind}/{name}",
        "save_draft",
        "Save a draft",
        OF_APP,
        Body::Json("Object"),
        OBJECT,
        GUARDED,
    ),
    op(
        "delete",
        "/api/definitions/{kind}/{name}",
        "delete_definition",
        "Draft a removal, or throw a draft away",
        &[may("app", K::Text, "The app that gives the definition"), may("draft", K::Flag, "Throw the draft away")],
        Body::None,
        DONE,
        GUARDED,
    ),
    op(
        "get",
        "/api/definitions/{kind}/{name}/usage",
        "read_usage",
        "Where a definition or one of its fields is used",
        &[may("field", K::Text, "A field of the form: `amount`, or `lines.amount`")],
        Body::None,
        LIST,
        PLAIN,
    ),
    op(
        "post",
        "/api/definitions/names",
        "propose_names",
        "Names for titles",
        NO_PARAMS,
        Body::Json("Object"),
        OBJECT,
        PLAIN,
    ),
    op(
        "post",
        "/api/definitions/propose",
        "propose_form",
        "What a form for the rows of a file would be",
        &[may("app", K::Text, "The app that the form would belong to")],
        Body::Parts("PreviewUpload"),
        OBJECT,
        PLAIN,
    ),
    op(
        "get",
        "/api/publications/{revision}",
        "read_publication",
        "A revision with the documents that it changed",
        NO_PARAMS,
        Body::None,
        OBJECT,
        PLAIN,
    ),
    op(
        "get",
        "/api/publications",
        "list_publications",
        "What was published",
        &[may("limit", K::Int(1, 200), "Most entries"), may("cursor", K::Int(1, i64::MAX), "Where to go on")],
        Body::None,
        LIST,
        PLAIN,
    ),
    op(
        "post",
        "/api/publications",
        "create_publication",
        "Publish drafts",
        NO_PARAMS,
        Body::Optional("Object"),
        OBJECT,
        ONCE,
    ),
    op(
        "post",
        "/api/publications/plan",
        "plan_publication",
        "What publishing would do",
        NO_PARAMS,
        Body::Optional("Object"),
        OBJECT,
        PLAIN,
    ),
    op(
        "post",
        "/api/publications/{revision}/rollback",
        "roll_back",
        "Return to an earlier revision",
        &[may("plan", K::Flag, "Only say what it would do")],
        Body::Optional("Object"),
        OBJECT,
        ONCE,
    ),
    op("get", "/api/apps", "list_apps", "Installed and shipped apps", NO_PARAMS, Body::None, LIST, PLAIN),
    op(
        "post",
        "/api/apps/import",
        "import_app",
        "Publish an app's package",
        &[
            may("plan", K::Flag, "Only say what it would do"),
            may("confirm", K::Text, "Codes of steps, separated by commas"),
            may("note", K::Text, "What is said about it"),
        ],
        Body::Json("Object"),
        OBJECT,
        PLAIN,
    ),
    op(
        "post",
        "/api/apps/{app}/install",
        "install_app",
        "Install a shipped app",
        NO_PARAMS,
        Body::Optional("Object"),
        OBJECT,
        PLAIN,
    ),
    op(
        "get",
        "/api/apps/{app}/export.zip",
        "export_app",
        "An app as a zip of JSON files",
        NO_PARAMS,
        Body::None,
        &[(200, Shape::Media("application/zip"))],
        PLAIN,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let routes = crate::routes();
        let served: BTreeSet<(&str, &str)> = routes.known().iter().copied().collect();
        let described: BTreeSet<(&str, &str)> = OPERATIONS.iter().map(|o| (o.method, o.path)).collect();
        assert_eq!(served, described);
    }
}
