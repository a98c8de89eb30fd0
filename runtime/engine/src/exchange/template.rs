//! An empty workbook to be filled and imported: headings, what is needed, and lists to choose from.

use super::child_source::PARENT;
use super::import::{blocking, targets_for};
use super::target::{Targets, fillable};
use super::{ImportMode, OutFile, bound::is_given};
use crate::duplicates::rule::text_of_val;
use crate::records::Saver;
use crate::{Context, Engine, EngineError, EngineResult};
use formwright_core::field::{ChoiceSet, Field, FieldKind};
use formwright_core::text::{Locale, Title};
use formwright_exchange::write::template::{TemplateColumn, TemplateSheet, write};
use formwright_store::exchange::{By, Scope, find};
use formwright_store::select::AccessSource;
use formwright_store::{Snapshot, Tx};

/// Longer lists of records are not offered: they would be a list of customers in a file that goes around.
const MOST_RECORDS: usize = 500;

impl Engine {
    /// `template.xlsx`: the fields that the caller may fill, with lists of what he may see; a further sheet for each child
    /// table, whose rows name their record in the column `_parent`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn import_template(&self, cx: &Context, form: &str) -> EngineResult<OutFile> {
        let targets = targets_for(cx, form, Some(ImportMode::Create))?;
        let saver = Saver::new(cx)?;
        let grants = targets.access.access(targets.index);
        let writable = |field: usize, column: Option<usize>| {
            grants.sees(field, column) && grants.create.iter().any(|g| g.writes(field, column))
        };
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let mut lister = Lister { cx, targets: &targets, saver: &saver, tx: &mut tx };
        let title = |title: &Title| title.get(cx.locale).to_string();
        let mut sheets = vec![TemplateSheet { name: title(&targets.form.title), columns: Vec::new() }];
        for (index, field) in targets.form.fields.iter().enumerate().filter(|(i, _)| writable(*i, None)) {
            match field.table() {
                None if fillable(field) && !is_given(field) => {
                    let column = lister.column(field).await?;
                    sheets.iter_mut().take(1).for_each(|main| main.columns.push(column.clone()));
                }
                None => {}
                Some(table) => {
                    let mut columns = Vec::new();
                    for (at, of) in table.fields.iter().enumerate() {
                        if writable(index, Some(at)) && fillable(of) && !is_given(of) {
                            columns.push(lister.column(of).await?);
                        }
                    }
                    if !columns.is_empty() {
                        columns.insert(0, parent(cx.locale));
                        sheets.push(TemplateSheet { name: title(&field.title), columns });
                    }
                }
            }
        }
        drop(tx);
        let lists = if cx.locale == Locale::ZhCn { "选项" } else { "Choices" };
        let (name, folder) = (format!("{}.xlsx", targets.form.name), self.settings().data.join("tmp"));
        blocking(move || {
            let broken = |error: String| EngineError::Internal(format!("a template: {error}"));
            std::fs::create_dir_all(&folder).map_err(|e| broken(e.to_string()))?;
            let file = tempfile::tempfile_in(&folder).map_err(|e| broken(e.to_string()))?;
            let out = file.try_clone().map_err(|e| broken(e.to_string()))?;
            write(&sheets, lists, out).map_err(|e| broken(e.to_string()))?;
            OutFile::of_workbook(name, 0, None, file)
        })
        .await
    }
}

/// The column that names the record of a row.
fn parent(locale: Locale) -> TemplateColumn {
    let note = match locale {
        Locale::En => "The record that the row belongs to, as its row on the first sheet is called (its key or title).",
        Locale::ZhCn => "本行所属的记录：填写主表中该行的编号或名称。",
    };
    TemplateColumn {
        title: PARENT.into(),
        required: true,
        note: Some(note.into()),
        format: Some("@".into()),
        ..TemplateColumn::default()
    }
}

/// Makes columns with what may be chosen in them.
struct Lister<'a> {
    cx: &'a Context,
    targets: &'a Targets,
    saver: &'a Saver,
    tx: &'a mut Tx,
}

impl Lister<'_> {
    async fn column(&mut self, field: &Field) -> EngineResult<TemplateColumn> {
        let locale = self.cx.locale;
        let choices = match &field.kind {
            FieldKind::Link(link) | FieldKind::Links(link) => self.records(&link.form).await?,
            FieldKind::User | FieldKind::Users => {
                let users = self.targets.access.organisation().users();
                users.iter().filter(|u| u.row.active).map(|u| u.row.login.clone()).take(MOST_RECORDS).collect()
            }
            _ => field.kind.choices().map(|set| offered(set, field, locale)).unwrap_or_default(),
        };
        Ok(TemplateColumn {
            title: field.title.get(locale).to_string(),
            required: field.required,
            note: Some(field.description.get(locale).to_string()).filter(|text| !text.is_empty()),
            choices,
            several: field.kind.is_many() || matches!(field.kind, FieldKind::User),
            format: match &field.kind {
                FieldKind::Text(_) | FieldKind::LongText { .. } | FieldKind::Scan => Some("@".into()),
                FieldKind::Date => Some("yyyy-mm-dd".into()),
                FieldKind::DateTime => Some("yyyy-mm-dd hh:mm".into()),
                _ => None,
            },
        })
    }

    /// What records of a form are called, where they are few and the caller may know it.
    async fn records(&mut self, form: &str) -> EngineResult<Vec<String>> {
        let Some(to) = self.targets.catalog.form_index(form) else { return Ok(Vec::new()) };
        let access = self.saver.access.access(to);
        let name = self
            .targets
            .catalog
            .forms
            .get(to)
            .and_then(|f| f.key_field.or(f.title_field))
            .filter(|f| !access.is_none() && access.sees(*f, None));
        let Some(name) = name else { return Ok(Vec::new()) };
        let compiler = self.saver.compiler(self.tx);
        let found = find(&compiler, to, &[], &[By::Field(name)], Scope::Caller, MOST_RECORDS + 1, self.tx).await?;
        let names: Vec<String> = found.iter().filter_map(|f| f.values.first().and_then(text_of_val)).collect();
        Ok(if names.len() > MOST_RECORDS { Vec::new() } else { names })
    }
}

/// What may be picked, by title.
fn offered(set: &ChoiceSet, field: &Field, locale: Locale) -> Vec<String> {
    let groups = match &field.kind {
        FieldKind::Choice(c) | FieldKind::Choices(c) => c.pick_any,
        _ => true,
    };
    set.choices
        .iter()
        .filter(|c| c.active && (groups || !set.is_group(&c.value)))
        .map(|c| c.title.get(locale).to_string())
        .collect()
}
