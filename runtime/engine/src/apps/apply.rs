//! Publishes an app's files: what they say is what the app is afterwards.

use super::export::app_files;
use super::folder::{FileFault, Files, file_of, refused, written};
use super::seeds;
use super::trial::{required_of, try_app};
use crate::publish::{Ground, Planned, Publication, Published, plan_documents, publish_documents};
use crate::{Context, EngineError, EngineResult, publish};
use formwright_core::definition::{Document, Key, Kind};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::plan::Class;
use formwright_core::text::Locale;
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// What applying an app's files did or would do.
pub struct Applied {
    pub planned: Arc<Planned>,
    /// `None` where only a plan was wanted or nothing changes.
    pub published: Option<Published>,
}

/// Applies the app in a folder. `plan_only` publishes nothing; `yes` confirms every step.
///
/// # Errors
/// 422 with every fault by file, or with the steps that need a yes; what the store and the file system give.
pub async fn apply(cx: &Context, folder: &Path, plan_only: bool, yes: bool) -> EngineResult<Applied> {
    let files = super::folder::read_folder(folder)?;
    let publication =
        Publication { note: format!("apply {}", folder.display()), confirm_all: yes, ..Publication::default() };
    apply_files(cx, &files, plan_only, &publication).await
}

/// As [`apply`] with the files at hand.
///
/// # Errors
/// As [`apply`].
pub async fn apply_files(
    cx: &Context,
    files: &Files,
    plan_only: bool,
    publication: &Publication,
) -> EngineResult<Applied> {
    let mut written = written(files);
    let documents = std::mem::take(&mut written.documents);
    if written.faults.is_empty() {
        return try_and_apply(cx, files, documents, plan_only, publication).await;
    }
    // some files are of no use: nothing is done, but what is wrong with the others is told as well
    let mut faults: Vec<Fault> = written.faults.iter().cloned().map(FileFault::placed).collect();
    if !documents.is_empty()
        && let Err(EngineError::Refused(refusal)) = apply_documents(cx, documents, true, publication).await
    {
        let known: Vec<String> = faults.iter().map(Fault::place).collect();
        let more = refusal.faults.into_iter().filter(|f| !written.explains(f) && !known.contains(&f.place()));
        faults.extend(more);
    }
    Err(EngineError::faults(&code::DEFINITION_INVALID, faults))
}

/// Plays the app's tests where something changes, and applies what passes them.
async fn try_and_apply(
    cx: &Context,
    files: &Files,
    documents: Vec<Document>,
    plan_only: bool,
    publication: &Publication,
) -> EngineResult<Applied> {
    if !plan_only {
        let applied = apply_documents(cx, documents.clone(), true, publication).await?;
        if applied.planned.changes_nothing() {
            return Ok(applied);
        }
        let tried = try_app(files, &required_here(cx, files).await?, cx.now).await?;
        if !tried.faults.is_empty() {
            return Err(refused(tried.faults));
        }
    }
    apply_documents(cx, documents, plan_only, publication).await
}

/// The apps that an app requires as they are published here, with the people and records that the shipped ones bring.
async fn required_here(cx: &Context, files: &Files) -> EngineResult<Vec<Files>> {
    if !files.keys().any(|path| path.starts_with("tests/")) {
        return Ok(Vec::new());
    }
    let reader = Context::system(&cx.engine, "tests of an app");
    let mut here: HashMap<String, Files> = HashMap::new();
    for app in &cx.catalog.apps {
        let mut files = app_files(&reader, &app.name).await?;
        let shipped = seeds::files_of(&app.name).unwrap_or_default();
        files.extend(shipped.into_iter().filter(|(path, _)| path.starts_with("data/")));
        here.insert(app.name.clone(), files);
    }
    Ok(required_of(files, &|name| here.get(name).cloned().or_else(|| seeds::files_of(name))))
}

pub(super) async fn apply_documents(
    cx: &Context,
    documents: Vec<Document>,
    plan_only: bool,
    publication: &Publication,
) -> EngineResult<Applied> {
    let ground = Ground::read(cx.engine.db()).await?;
    let apps: BTreeSet<String> =
        documents.iter().filter(|d| d.key.kind == Kind::App).map(|d| d.key.name.clone()).collect();
    for app in &apps {
        publish::require_design(cx, app)?;
    }
    let documents = with_ids(&ground, documents)?;
    let owns = |key: &Key| apps.contains(&key.app);
    let planned = Arc::new(plan_documents(cx, &ground, documents, &owns).await.map_err(by_file)?);
    if plan_only {
        return Ok(Applied { planned, published: None });
    }
    let published = publish_documents(cx, &planned, publication).await?;
    Ok(Applied { planned, published })
}

/// Gives the documents the ids that they have here. An id from another installation, under a name that is known here, makes
/// place for ours; otherwise the ids of the files stay.
fn with_ids(ground: &Ground, documents: Vec<Document>) -> EngineResult<Vec<Document>> {
    let mut used: HashSet<String> = HashSet::new();
    let mut out = Vec::with_capacity(documents.len());
    let mut faults = Vec::new();
    for Document { key, extends, mut doc } in documents {
        let stated = doc.get("id").and_then(Json::as_str).map(str::to_string);
        let is_known = stated.as_deref().is_none_or(|id| ground.published_by_id(key.kind, id).is_some());
        if !is_known && ground.published.contains_key(&key) {
            without_ids(&mut doc);
        }
        let found = publish::give_ids(ground, key.kind, &key, &mut doc, &used);
        faults.extend(found.into_iter().map(|f| file_of(f.of(&key))));
        used.extend(formwright_core::plan::identity::field_ids(&doc));
        out.push(Document { key, extends, doc });
    }
    if faults.is_empty() { Ok(out) } else { Err(refused(faults)) }
}

fn without_ids(doc: &mut Json) {
    fn properties(schema: &mut Json) {
        for (_, property) in schema.get_mut("properties").and_then(Json::as_object_mut).into_iter().flatten() {
            if let Some(own) = property.get_mut("field").and_then(Json::as_object_mut) {
                own.shift_remove("id");
            }
            if let Some(items) = property.get_mut("items") {
                properties(items);
            }
        }
        for definitions in ["$defs", "definitions"] {
            for (_, inner) in schema.get_mut(definitions).and_then(Json::as_object_mut).into_iter().flatten() {
                properties(inner);
            }
        }
    }
    if let Some(map) = doc.as_object_mut() {
        map.shift_remove("id");
    }
    if let Some(record) = doc.get_mut("record") {
        properties(record);
    }
}

/// Faults of the whole, placed in the files.
fn by_file(error: EngineError) -> EngineError {
    match error {
        EngineError::Refused(mut refusal) => {
            let placed = |f: Fault| if f.home.is_some() { file_of(f).placed() } else { f };
            refusal.faults = refusal.faults.into_iter().map(placed).collect();
            EngineError::Refused(refusal)
        }
        other => other,
    }
}

/// A plan for a terminal: a line for each step, with `+` for what comes, `-` for what goes, `~` for what changes, `!` before
/// what must be confirmed.
pub fn plan_text(planned: &Planned, locale: Locale) -> String {
    use formwright_core::plan::What;
    let mut out = String::new();
    for step in &planned.plan().steps {
        let mark = match step.what {
            What::Create | What::Return => '+',
            What::Retire => '-',
            _ => '~',
        };
        let grave = if step.class.needs_confirmation() { '!' } else { ' ' };
        out.push_str(&format!("{grave}{mark} {:<10} {}  {}\n", step.class.name(), step.object, step.text(locale)));
    }
    for notice in planned.notices() {
        let file = file_of(notice);
        out.push_str(&format!(" i {:<10} {}\n", "notice", file.line(locale)));
    }
    if planned.changes_nothing() {
        out.push_str(match locale {
            Locale::En => "Nothing changes.\n",
            Locale::ZhCn => "没有变化。\n",
        });
    } else if planned.plan().steps.iter().any(|s| s.class > Class::Filling) {
        out.push_str(match locale {
            Locale::En => "Steps marked ! need a confirmation.\n",
            Locale::ZhCn => "标有 ! 的步骤需要确认。\n",
        });
    }
    out
}
