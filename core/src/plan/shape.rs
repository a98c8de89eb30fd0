//! What a form looks like in the database: enough to find its values again when no definition names them any more.

use crate::field::{ColumnKind, Field, Storage, column_of};
use crate::form::Form;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A form as stored. It is kept with a retired form, so that the form can come back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormShape {
    pub id: String,
    pub name: String,
    pub fields: Vec<FieldShape>,
    /// Entries of the full-text index in their order: a field's id, or `table.column`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<String>,
    /// Names of its indexes; a name says what the index holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<String>,
}

/// A field, or a column of a child table, as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldShape {
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    #[serde(serialize_with = "write_storage", deserialize_with = "read_storage")]
    pub storage: Storage,
    /// There is a second column by which values are ordered.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sorted: bool,
    /// There is a column with the folded text, for uniqueness; of an encrypted field with its blind index.
    #[serde(default, skip_serializing_if = "is_false")]
    pub normalized: bool,
    /// Its values are kept encrypted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub encrypted: bool,
    /// Its values are worked out, so that they can be made again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub computed: bool,
    /// Name of the form to which a link points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Columns of a child table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<FieldShape>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl FieldShape {
    /// The shape of a field; `nested` for a column of a child table.
    pub fn of(field: &Field, nested: bool) -> FieldShape {
        FieldShape {
            id: field.id.clone(),
            name: field.name.clone(),
            type_name: field.kind.type_name().to_string(),
            storage: field.kind.storage(),
            sorted: field.sort_kind().is_some(),
            normalized: field.has_normal(nested),
            encrypted: field.is_encrypted(),
            computed: field.computed.is_some(),
            target: field.kind.link().map(|l| l.form.clone()),
            columns: field
                .table()
                .map(|t| t.fields.iter().map(|f| FieldShape::of(f, true)).collect())
                .unwrap_or_default(),
        }
    }

    /// Kind of the column that holds the value; none for a child table.
    pub fn column_kind(&self) -> Option<ColumnKind> {
        match self.storage {
            Storage::Column(kind) => Some(kind),
            Storage::List(_) => Some(ColumnKind::Json),
            Storage::Table => None,
        }
    }

    /// Name of the column that holds the value.
    pub fn column(&self) -> String {
        column_of(&self.id, self.encrypted)
    }

    /// Kind of the column by which values are ordered.
    pub fn sort_kind(&self) -> Option<ColumnKind> {
        self.sorted.then(|| if self.type_name == "duration" { ColumnKind::Dec(6) } else { ColumnKind::Text })
    }

    pub fn sort_column(&self) -> String {
        format!("{}_s", self.id)
    }

    pub fn normalized_column(&self) -> String {
        format!("{}_n", self.id)
    }

    /// Table of a list's members.
    pub fn member_table(&self) -> String {
        format!("m_{}", self.id)
    }

    /// Table of a child table's rows.
    pub fn row_table(&self) -> String {
        row_table(&self.id)
    }
}

impl FormShape {
    pub fn of(form: &Form, indexes: Vec<String>) -> FormShape {
        let id_at = |field: usize, column: Option<usize>| -> Option<String> {
            let field = form.fields.get(field)?;
            match column {
                None => Some(field.id.clone()),
                Some(column) => field.table()?.fields.get(column).map(|c| format!("{}.{}", field.id, c.id)),
            }
        };
        FormShape {
            id: form.id.clone(),
            name: form.name.clone(),
            fields: form.fields.iter().map(|f| FieldShape::of(f, false)).collect(),
            search: form.search.iter().filter_map(|s| id_at(s.field, s.column)).collect(),
            indexes,
        }
    }

    pub fn table(&self) -> String {
        record_table(&self.id)
    }

    pub fn search_table(&self) -> String {
        search_table(&self.id)
    }

    pub fn field(&self, id: &str) -> Option<&FieldShape> {
        self.fields.iter().find(|f| f.id == id)
    }
}

/// Table of a form's records.
pub fn record_table(form_id: &str) -> String {
    format!("d_{form_id}")
}

/// Table of the rows of a child table.
pub fn row_table(field_id: &str) -> String {
    format!("t_{field_id}")
}

/// Full-text table of a form.
pub fn search_table(form_id: &str) -> String {
    format!("s_{form_id}")
}

fn kind_text(kind: ColumnKind) -> String {
    match kind {
        ColumnKind::Text => "text".into(),
        ColumnKind::Int => "int".into(),
        ColumnKind::Bool => "bool".into(),
        ColumnKind::Dec(scale) => format!("dec{scale}"),
        ColumnKind::Date => "date".into(),
        ColumnKind::Time => "time".into(),
        ColumnKind::Ts => "ts".into(),
        ColumnKind::Json => "json".into(),
        ColumnKind::Uuid => "uuid".into(),
    }
}

fn parse_kind(text: &str) -> Option<ColumnKind> {
    Some(match text {
        "text" => ColumnKind::Text,
        "int" => ColumnKind::Int,
        "bool" => ColumnKind::Bool,
        "date" => ColumnKind::Date,
        "time" => ColumnKind::Time,
        "ts" => ColumnKind::Ts,
        "json" => ColumnKind::Json,
        "uuid" => ColumnKind::Uuid,
        dec => ColumnKind::Dec(dec.strip_prefix("dec")?.parse().ok().filter(|scale| *scale <= 18)?),
    })
}

fn write_storage<S: Serializer>(storage: &Storage, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&match storage {
        Storage::Column(kind) => kind_text(*kind),
        Storage::List(kind) => format!("list:{}", kind_text(*kind)),
        Storage::Table => "table".into(),
    })
}

fn read_storage<'de, D: Deserializer<'de>>(input: D) -> Result<Storage, D::Error> {
    let text = String::deserialize(input)?;
    let found = match text.strip_prefix("list:") {
        Some(inner) => parse_kind(inner).map(Storage::List),
        None if text == "table" => Some(Storage::Table),
        None => parse_kind(&text).map(Storage::Column),
    };
    found.ok_or_else(|| serde::de::Error::custom(format!("no storage {text:?}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_shape_comes_back_from_json_as_it_was() {
        let inner = FieldShape {
            id: "c_b".into(),
            name: "b".into(),
            type_name: "tags".into(),
            storage: Storage::List(ColumnKind::Text),
            sorted: false,
            normalized: false,
            encrypted: false,
            computed: false,
            target: None,
            columns: vec![],
        };
        let field = FieldShape {
            id: "c_a".into(),
            name: "a".into(),
            type_name: "table".into(),
            storage: Storage::Table,
            sorted: false,
            normalized: false,
            encrypted: false,
            computed: false,
            target: None,
            columns: vec![inner],
        };
        let money = FieldShape {
            id: "c_m".into(),
            name: "m".into(),
            type_name: "money".into(),
            storage: Storage::Column(ColumnKind::Dec(2)),
            sorted: false,
            normalized: true,
            encrypted: false,
            computed: false,
            target: None,
            columns: vec![],
        };
        let shape = FormShape {
            id: "f_x".into(),
            name: "x".into(),
            fields: vec![field, money],
            search: vec!["c_a.c_b".into()],
            indexes: vec!["i_c_m".into()],
        };
        let json = serde_json::to_value(&shape).unwrap();
        assert_eq!(json["fields"][1]["storage"], "dec2");
        assert_eq!(serde_json::from_value::<FormShape>(json).unwrap(), shape);
    }
}
