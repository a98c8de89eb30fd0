//! What an operation is, and how it becomes a part of the description.

use serde_json::{Map, Value as Json, json};

/// One method of one path.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Lower case.
    pub method: &'static str,
    pub path: &'static str,
    /// The handler's name; unique.
    pub id: &'static str,
    pub tag: &'static str,
    pub summary: &'static str,
    pub query: &'static [Param],
    pub body: Body,
    /// Answers of success.
    pub answers: &'static [(u16, Shape)],
    /// Headers that it takes.
    pub takes: &'static [Takes],
}

/// A header that an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    IfMatch,
    IdempotencyKey,
    /// No one need be signed in.
    Stranger,
}

/// A parameter of the address.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: ParamKind,
    pub required: bool,
    pub summary: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub enum ParamKind {
    Text,
    Flag,
    Int(i64, i64),
    Id,
    Time,
    Choice(&'static [&'static str]),
}

/// What is sent. Names are those of components; `$record`, `$new`, `$change`, `$list` mean the form's own.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    None,
    Json(&'static str),
    /// May be left out.
    Optional(&'static str),
    /// `multipart/form-data`.
    Parts(&'static str),
}

/// What is answered.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Empty,
    Json(&'static str),
    /// JSON of a type of its own.
    Typed(&'static str, &'static str),
    /// Anything but JSON.
    Media(&'static str),
}

/// A parameter that may be left out.
pub const fn may(name: &'static str, kind: ParamKind, summary: &'static str) -> Param {
    Param { name, kind, required: false, summary }
}

/// A parameter that must be given.
pub const fn must(name: &'static str, kind: ParamKind, summary: &'static str) -> Param {
    Param { name, kind, required: true, summary }
}

impl ParamKind {
    fn schema(self) -> Json {
        match self {
            ParamKind::Text => json!({"type": "string"}),
            ParamKind::Flag => json!({"type": "boolean"}),
            ParamKind::Int(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            ParamKind::Id => json!({"type": "string", "format": "uuid"}),
            ParamKind::Time => json!({"type": "string", "format": "date-time"}),
            ParamKind::Choice(values) => json!({"type": "string", "enum": values}),
        }
    }
}

/// A form for which an operation is written out.
pub struct OfForm<'a> {
    pub name: &'a str,
    pub title: &'a str,
}

impl Operation {
    /// Whether it is written out for each form.
    pub fn is_per_form(&self) -> bool {
        self.path.starts_with("/api/records/{form}")
    }

    /// Its path; for a form, with the form's name in it.
    pub fn path_for(&self, form: Option<&OfForm<'_>>) -> String {
        match form {
            Some(form) => self.path.replacen("{form}", form.name, 1),
            None => self.path.to_string(),
        }
    }

    /// The operation as it stands in the description.
    pub fn describe(&self, form: Option<&OfForm<'_>>) -> Json {
        let path = self.path_for(form);
        let mut out = Map::new();
        out.insert(
            "operationId".into(),
            json!(form.map_or_else(|| self.id.to_string(), |f| format!("{}_{}", self.id, f.name))),
        );
        out.insert("tags".into(), json!([form.map_or(self.tag, |f| f.name)]));
        out.insert(
            "summary".into(),
            json!(form.map_or_else(|| self.summary.to_string(), |f| format!("{}: {}", f.title, self.summary))),
        );
        let parameters = self.parameters(&path);
        if !parameters.is_empty() {
            out.insert("parameters".into(), Json::Array(parameters));
        }
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{}", component(name, form))});
        match self.body {
            Body::None => {}
            Body::Json(name) => {
                out.insert(
                    "requestBody".into(),
                    json!({"required": true, "content": {"application/json": {"schema": reference(name)}}}),
                );
            }
            Body::Optional(name) => {
                out.insert(
                    "requestBody".into(),
                    json!({"required": false, "content": {"application/json": {"schema": reference(name)}}}),
                );
            }
            Body::Parts(name) => {
                out.insert(
                    "requestBody".into(),
                    json!({"required": true, "content": {"multipart/form-data": {"schema": reference(name)}}}),
                );
            }
        }
        let mut responses = Map::new();
        for (status, shape) in self.answers {
            let content = match shape {
                Shape::Empty => None,
                Shape::Json(name) => Some(json!({"application/json": {"schema": reference(name)}})),
                Shape::Typed(media, name) => Some(json!({*media: {"schema": reference(name)}})),
                Shape::Media(media) => Some(json!({*media: {}})),
            };
            let mut response = Map::new();
            response.insert("description".into(), json!(success(*status)));
            if let Some(content) = content {
                response.insert("content".into(), content);
            }
            responses.insert(status.to_string(), Json::Object(response));
        }
        for status in self.refusals() {
            responses.insert(status.to_string(), json!({"$ref": "#/components/responses/Problem"}));
        }
        responses.insert("default".into(), json!({"$ref": "#/components/responses/Problem"}));
        out.insert("responses".into(), Json::Object(responses));
        if self.takes.contains(&Takes::Stranger) {
            out.insert("security".into(), json!([]));
        }
        Json::Object(out)
    }

    fn parameters(&self, path: &str) -> Vec<Json> {
        let names = path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name));
        let mut out: Vec<Json> = names
            .map(|name| {
                let schema =
                    if name == "id" { ParamKind::Id.schema() } else { json!({"type": "string", "minLength": 1}) };
                json!({"name": name, "in": "path", "required": true, "schema": schema})
            })
            .collect();
        for p in self.query {
            out.push(json!({"name": p.name, "in": "query", "required": p.required, "description": p.summary, "schema": p.kind.schema()}));
        }
        if self.takes.contains(&Takes::IfMatch) {
            out.push(json!({"$ref": "#/components/parameters/IfMatch"}));
        }
        if self.takes.contains(&Takes::IdempotencyKey) {
            out.push(json!({"$ref": "#/components/parameters/IdempotencyKey"}));
        }
        out
    }

    /// Statuses of refusals that it can answer.
    fn refusals(&self) -> Vec<u16> {
        let mut out = vec![400, 401, 403, 404, 422, 429, 503];
        if self.method != "get" {
            out.extend([409, 507]);
        }
        if !matches!(self.body, Body::None) {
            out.extend([408, 413, 415]);
        }
        if self.answers.iter().any(|(_, shape)| matches!(shape, Shape::Media(_))) {
            out.push(416);
        }
        if self.query.iter().any(|p| p.name == "as_of") {
            out.push(501);
        }
        out.sort_unstable();
        out
    }
}

/// The name of a component, where it depends on the form.
fn component(name: &str, form: Option<&OfForm<'_>>) -> String {
    let Some(form) = form else { return name.to_string() };
    match name {
        "$record" => form.name.to_string(),
        "$new" | "$change" | "$list" => format!("{}.{}", form.name, name.trim_start_matches('$')),
        _ => name.to_string(),
    }
}

fn success(status: u16) -> &'static str {
    match status {
        201 => "Made.",
        202 => "Taken on; it is done in the background.",
        204 => "Done.",
        _ => "What was asked for.",
    }
}
