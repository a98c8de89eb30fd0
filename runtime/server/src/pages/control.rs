//! Controls of fields: kind, options and present value, ready to be filled in.

use super::cell::{Place, Teller, currency, decimal, decimals, id_of, is_empty, moment};
use super::choice_list::choices_of;
use super::reader::Reader;
use super::seen_form::{SeenField, SeenForm, is_short};
use formwright_core::field::{
    ChoiceOptions, Field, FieldKind, LinkOptions, NumberFlavor, NumberOptions, StatusOptions, TextFormat as CoreFormat,
};
use formwright_templates::view::{
    Choice, Control, ControlKind, Picked, PickerSource, Span, TableColumn, TableRow, TextFormat,
};
use formwright_templates::{format, i18n};
use serde_json::{Value as Json, json};

/// Most rows a child table is drawn with.
const MOST_ROWS: usize = 1000;

/// What controls are made with: the words of values, and what links may point to.
pub struct Desk<'a> {
    pub reader: &'a Reader,
    pub teller: Teller<'a>,
    /// The status of a stored record decides where it may go; a new one begins at the beginning.
    pub is_new: bool,
}

impl<'a> Desk<'a> {
    pub fn of(reader: &'a Reader, is_new: bool) -> Desk<'a> {
        Desk { reader, teller: Teller::of(reader), is_new }
    }

    /// The control of a field with its value. `titles` is the value's title where it points to records.
    pub fn control(&self, seen: &SeenForm, place: &SeenField, field: &Field, record: &Json, wide: bool) -> Control {
        let mut control = self.one(&seen.form.name, field, &field.name, &field.name, place.readonly, record);
        if let FieldKind::Table(table) = &field.kind {
            let columns: Vec<(&Field, bool)> = place
                .columns
                .iter()
                .filter_map(|(c, readonly)| table.fields.get(*c).map(|f| (f, *readonly || place.readonly)))
                .collect();
            control.input = self.table(&seen.form.name, field, &columns, record, place.readonly);
        }
        control.span = if wide || !is_short(&field.kind) { Span::Full } else { Span::Half };
        control
    }

    /// A control at a path. `upload` is how the upload of a file names the field.
    pub fn one(&self, form: &str, field: &Field, path: &str, upload: &str, readonly: bool, record: &Json) -> Control {
        let value = record.get(&field.name).unwrap_or(&Json::Null);
        let titles = record.get("_titles").and_then(|t| t.get(&field.name));
        let words = self.teller.words;
        let input = match &field.kind {
            FieldKind::Serial(_) => {
                ControlKind::Serial { value: value.as_str().filter(|v| !v.is_empty()).map(str::to_string) }
            }
            FieldKind::Table(_) => ControlKind::default(),
            _ if readonly || field.computed.is_some() => ControlKind::Shown {
                cell: self.teller.cell(field, value, titles, record, Place::Page),
                computed: field.computed.is_some(),
            },
            _ => self.input(form, field, upload, value, titles, record),
        };
        let help = field.description.get(words);
        Control {
            path: path.to_string(),
            label: field.title.get(words).to_string(),
            help: (!help.is_empty()).then(|| help.to_string()),
            required: field.required && !readonly,
            encrypted: field.is_encrypted(),
            readonly: readonly || field.read_only || matches!(field.kind, FieldKind::Serial(_)),
            ..Control::new(path, "", input)
        }
    }

    pub fn input(
        &self,
        form: &str,
        field: &Field,
        upload: &str,
        value: &Json,
        titles: Option<&Json>,
        record: &Json,
    ) -> ControlKind {
        let text = || value.as_str().unwrap_or_default().to_string();
        let texts =
            || value.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_string).collect::<Vec<_>>();
        match &field.kind {
            FieldKind::Text(options) => {
                ControlKind::Text { value: text(), format: text_format(options.format), max_length: max_length(field) }
            }
            FieldKind::LongText { markdown } => {
                ControlKind::LongText { value: text(), markdown: *markdown, max_length: max_length(field) }
            }
            FieldKind::Number(options) => number(options, value, record),
            FieldKind::Boolean => {
                ControlKind::Boolean { value: value.as_bool().or_else(|| field.required.then_some(false)) }
            }
            FieldKind::Date => ControlKind::Date { value: text() },
            FieldKind::DateTime => {
                let shown = moment(value).map(|m| format::datetime(m, self.teller.zone)).unwrap_or_default();
                ControlKind::Datetime { value: text(), shown, zone: self.teller.abroad.clone() }
            }
            FieldKind::Time => ControlKind::Time { value: text().chars().take(5).collect() },
            FieldKind::Duration => {
                let value = text();
                let shown = if value.is_empty() { String::new() } else { format::duration(&value, self.teller.locale) };
                ControlKind::Duration { value, shown }
            }
            FieldKind::Choice(options) => {
                ControlKind::Choice { options: self.choices(options, &[text()]), value: text() }
            }
            FieldKind::Choices(options) => {
                let values = texts();
                ControlKind::Choices { options: self.choices(options, &values), values }
            }
            FieldKind::Status(options) => ControlKind::Status { options: self.moves(options, &text()), value: text() },
            FieldKind::Tags(options) => {
                let values = texts();
                let known = options
                    .set
                    .as_deref()
                    .map(|set| choices_of(set, self.teller.words, &values, true))
                    .unwrap_or_default();
                ControlKind::Tags { options: known, values, open: options.open }
            }
            FieldKind::User | FieldKind::Users => self.picker(
                PickerSource::Users,
                value,
                |id, _| Picked { id: id.to_string(), title: self.teller.person(id).name, masked: false },
                matches!(field.kind, FieldKind::Users),
            ),
            FieldKind::Department | FieldKind::Departments => {
                let title = |id| {
                    self.teller.organisation.department_title(id, self.teller.words).unwrap_or_default().to_string()
                };
                self.picker(
                    PickerSource::Departments,
                    value,
                    |id, _| Picked { id: id.to_string(), title: title(id), masked: false },
                    matches!(field.kind, FieldKind::Departments),
                )
            }
            FieldKind::Link(link) | FieldKind::Links(link) => {
                let many = matches!(field.kind, FieldKind::Links(_));
                let picked = |id: uuid::Uuid, at: usize| {
                    let title = titles.and_then(|t| if many { t.get(at) } else { Some(t) }).and_then(Json::as_str);
                    Picked {
                        id: id.to_string(),
                        title: title.map_or_else(|| i18n::text(self.teller.locale, "no_access", &[]), str::to_string),
                        masked: title.is_none(),
                    }
                };
                match self.records(link) {
                    Some(source) => self.picker(source, value, picked, many),
                    // a target that he may not know: what is there stays
                    None => ControlKind::Shown {
                        cell: self.teller.cell(field, value, titles, record, Place::Page),
                        computed: false,
                    },
                }
            }
            FieldKind::Files(options) => ControlKind::Files {
                files: value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(id_of)
                    .filter_map(|id| self.teller.files.get(&id).cloned())
                    .collect(),
                accept: options.accept.clone(),
                max_bytes: Some(options.max_size),
                max_size: Some(format::file_size(options.max_size)),
                max_count: options.max_count,
                capture: options.capture,
                form: form.to_string(),
                field: upload.to_string(),
            },
            FieldKind::Signature => ControlKind::Signature {
                file: id_of(value).and_then(|id| self.teller.files.get(&id).cloned()),
                form: form.to_string(),
                field: upload.to_string(),
            },
            FieldKind::Location => {
                let part = |name: &str| value.get(name).and_then(decimal).map(format::plain).unwrap_or_default();
                ControlKind::Location { latitude: part("lat"), longitude: part("lng") }
            }
            FieldKind::Scan => ControlKind::Scan { value: text() },
            FieldKind::Serial(_) => ControlKind::Serial { value: Some(text()).filter(|t| !t.is_empty()) },
            FieldKind::Json => ControlKind::Json {
                text: if is_empty(value) {
                    String::new()
                } else {
                    serde_json::to_string_pretty(value).unwrap_or_default()
                },
            },
            FieldKind::Table(_) => ControlKind::default(),
        }
    }

    fn picker(
        &self,
        source: PickerSource,
        value: &Json,
        picked: impl Fn(uuid::Uuid, usize) -> Picked,
        many: bool,
    ) -> ControlKind {
        let values = match value {
            Json::Array(items) => {
                items.iter().enumerate().filter_map(|(i, item)| id_of(item).map(|id| picked(id, i))).collect()
            }
            single => id_of(single).map(|id| picked(id, 0)).into_iter().collect(),
        };
        ControlKind::Picker { source, values, many }
    }

    /// Where records of a link's target are found, where the reader may know of them.
    pub fn records(&self, link: &LinkOptions) -> Option<PickerSource> {
        let target = SeenForm::find(self.reader, &link.form).ok()?;
        let title = target.title().or_else(|| {
            target.each().map(|(_, f)| f).find(|f| matches!(f.kind, FieldKind::Text(_) | FieldKind::Serial(_)))
        });
        let title_field = title.map_or_else(|| "id".to_string(), |f| f.name.clone());
        let is_detail = |f: &&Field| {
            f.name != title_field
                && matches!(f.kind, FieldKind::Serial(_) | FieldKind::Text(_) | FieldKind::Choice(_))
                && (f.required || matches!(f.kind, FieldKind::Serial(_)))
        };
        Some(PickerSource::Records {
            details: target.each().map(|(_, f)| f).filter(is_detail).take(2).map(|f| f.name.clone()).collect(),
            form: link.form.clone(),
            title_field,
            filter: link.filter.as_ref().map(Json::to_string),
            title: target.form.title.get(self.teller.words).to_string(),
            create_href: target.may("create").then(|| format!("{}/new", target.href())),
        })
    }

    fn choices(&self, options: &ChoiceOptions, present: &[String]) -> Vec<Choice> {
        choices_of(&options.set, self.teller.words, present, options.pick_any)
    }

    /// All steps of a status; those that this person may not choose now are disabled. What the engine refuses at saving is
    /// refused there.
    fn moves(&self, options: &StatusOptions, present: &str) -> Vec<Choice> {
        let person = self.reader.principal();
        let open = |value: &str| -> bool {
            if value == present {
                return true;
            }
            if self.is_new || present.is_empty() {
                return options.initial.is_empty() || options.initial.iter().any(|i| i == value);
            }
            let Some(transitions) = &options.transitions else { return true };
            transitions.get(present).into_iter().flatten().any(|t| {
                (t.to == value || t.to == "$previous")
                    && t.by.as_deref().is_none_or(|by| by == "person")
                    && (t.roles.is_empty()
                        || person.is_some_and(|p| p.admin || t.roles.iter().any(|r| p.person.roles.contains(r))))
            })
        };
        choices_of(&options.set, self.teller.words, &[present.to_string()], true)
            .into_iter()
            .map(|c| Choice { disabled: c.disabled || !open(&c.value), ..c })
            .collect()
    }

    fn table(
        &self,
        form: &str,
        field: &Field,
        columns: &[(&Field, bool)],
        record: &Json,
        readonly: bool,
    ) -> ControlKind {
        let blank = json!({});
        let upload = |column: &Field| format!("{}.{}", field.name, column.name);
        let rows = record.get(&field.name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        ControlKind::Table {
            columns: columns
                .iter()
                .map(|(column, fixed)| {
                    let start = column.default.as_ref().and_then(|d| self.default(d)).map_or_else(|| blank.clone(), |value| json!({ column.name.as_str(): value }));
                    TableColumn {
                        control: self.one(form, column, &column.name, &upload(column), *fixed, &start),
                        unit: match column.kind {
                            FieldKind::DateTime => self.teller.abroad.clone(),
                            _ => unit_of(column),
                        },
                        sum: matches!(&column.kind, FieldKind::Number(n) if n.flavor != NumberFlavor::Percent && n.currency_field.is_none() && is_summed(column)),
                        width: width(&column.kind),
                    }
                })
                .collect(),
            rows: rows
                .iter()
                .take(MOST_ROWS)
                .enumerate()
                .map(|(i, row)| TableRow {
                    id: row.get("id").and_then(Json::as_str).map(str::to_string),
                    cells: columns.iter().map(|(column, fixed)| self.one(form, column, &format!("{}/{i}/{}", field.name, column.name), &upload(column), *fixed, row)).collect(),
                })
                .collect(),
            editable: !readonly,
            max_rows: field.schema.get("maxItems").and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok()),
        }
    }

    /// The value a new row begins with.
    fn default(&self, default: &formwright_core::field::FieldDefault) -> Option<Json> {
        use formwright_core::field::FieldDefault as D;
        let person = self.reader.principal().map(|p| &p.person);
        Some(match default {
            D::Value(value) => value.to_json(),
            D::Me => json!(person?.id),
            D::MyDepartment => json!(person?.department?),
            D::Today => json!(self.teller.today.to_string()),
            D::Now => json!(super::cell::iso(self.teller.now)),
            D::Setting(key) => {
                let cx = self.reader.cx();
                cx.engine.company(&cx.catalog).get(key)?.clone()
            }
            // worked out by the server, among the other values
            D::Expression(_) => return None,
        })
    }
}

fn text_format(format: CoreFormat) -> TextFormat {
    match format {
        CoreFormat::Plain => TextFormat::Plain,
        CoreFormat::Email => TextFormat::Email,
        CoreFormat::Uri => TextFormat::Uri,
        CoreFormat::Phone => TextFormat::Phone,
    }
}

fn max_length(field: &Field) -> Option<u32> {
    field.schema.get("maxLength").and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok())
}

/// The control of a number, exact as stored and as people type it.
pub fn number(options: &NumberOptions, value: &Json, record: &Json) -> ControlKind {
    let currency = currency(options, record);
    let percent = options.flavor == NumberFlavor::Percent;
    let (plain, shown) = match decimal(value) {
        None => (String::new(), String::new()),
        Some(number) if percent => (format::plain(number), format::percent(number).trim_end_matches('%').to_string()),
        Some(number) => {
            let places =
                if options.flavor == NumberFlavor::Money { decimals(currency.as_deref(), options.scale) } else { 0 };
            (format::plain(number), format::number(number, places))
        }
    };
    ControlKind::Number {
        value: plain,
        // what is shown can be typed back: an ASCII minus
        shown: shown.replace('\u{2212}', "-"),
        scale: u8::try_from(options.scale).unwrap_or(9),
        percent,
        unit: currency,
        unit_field: options.currency_field.clone(),
    }
}

fn unit_of(field: &Field) -> Option<String> {
    match &field.kind {
        FieldKind::Number(options) if options.flavor == NumberFlavor::Percent => Some("%".to_string()),
        FieldKind::Number(options) => options.currency.clone(),
        _ => None,
    }
}

/// Amounts and quantities are summed under their column; numbers that only count a place (a day, a rank) are not.
fn is_summed(field: &Field) -> bool {
    let FieldKind::Number(options) = &field.kind else { return false };
    options.flavor == NumberFlavor::Money
        || ["qty", "quantity", "amount", "total", "cartons", "weight"].iter().any(|word| field.name.contains(word))
}

fn width(kind: &FieldKind) -> u8 {
    match kind {
        FieldKind::LongText { .. }
        | FieldKind::Link(_)
        | FieldKind::Links(_)
        | FieldKind::Files(_)
        | FieldKind::Tags(_) => 4,
        FieldKind::Text(_) | FieldKind::Choices(_) | FieldKind::Users => 3,
        FieldKind::Boolean => 1,
        _ => 2,
    }
}
