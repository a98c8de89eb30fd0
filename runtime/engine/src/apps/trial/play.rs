//! One test from beginning to end: what is given is made, the steps are done, what is expected is compared.

use super::document::{Change, Creation, ExpectedFault, Query, Rows, Step, Sums, TestCase, Who};
use super::names::Names;
use super::same;
use super::stage::TestTime;
use crate::context::Authority;
use crate::records::{ListRequest, ReadRequest};
use crate::{Context, Engine, EngineError, EngineResult, accounts, organisation};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::text::Locale;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// Rows that a query of a test may give.
const MOST_ROWS: usize = 500;

/// What the last step came to.
#[derive(Default)]
struct Outcome {
    faults: Vec<ExpectedFault>,
    rows: Option<Vec<Json>>,
}

/// Plays one test; everything that is not as expected, by JSON pointers within the test.
///
/// # Errors
/// What the store gives.
pub(super) async fn play(engine: &Engine, time: &TestTime, case: &TestCase) -> EngineResult<Vec<Fault>> {
    let mut play = Play { engine, time, who: None, names: Names::default(), made: 0, faults: Vec::new() };
    play.given(case).await?;
    let mut outcome = Outcome::default();
    for (at, step) in case.steps.iter().enumerate() {
        let pointer = &format!("/do/{at}");
        if !play.faults.is_empty() {
            return Ok(play.faults);
        }
        let done = play.step(step, pointer).await;
        outcome = match done {
            Ok(rows) => Outcome { faults: Vec::new(), rows },
            Err(EngineError::Refused(refusal)) => {
                let mut faults: Vec<ExpectedFault> = refusal
                    .faults
                    .iter()
                    .map(|f| ExpectedFault { field: f.path.clone(), code: f.code.code.to_string() })
                    .collect();
                if faults.is_empty() {
                    faults.push(ExpectedFault { field: String::new(), code: refusal.code.code.to_string() });
                }
                if at + 1 < case.steps.len() {
                    play.differs(pointer, "", &told(&faults));
                }
                Outcome { faults, rows: None }
            }
            Err(other) => return Err(other),
        };
    }
    if play.faults.is_empty() {
        play.compare(case, outcome).await?;
    }
    Ok(play.faults)
}

struct Play<'a> {
    engine: &'a Engine,
    time: &'a TestTime,
    /// Who acts; the app's own authority where nobody does.
    who: Option<Who>,
    names: Names,
    /// People made for this test.
    made: usize,
    faults: Vec<Fault>,
}

impl Play<'_> {
    fn differs(&mut self, pointer: &str, expected: &str, found: &str) {
        let fault = Fault::new(pointer, &code::TEST_FAILED);
        self.faults.push(fault.with("expected", shown(expected)).with("found", shown(found)));
    }

    /// The context of whoever acts now.
    async fn context(&mut self) -> EngineResult<Context> {
        let system = self.system();
        match self.who.clone() {
            None => Ok(system),
            Some(Who::Login(login)) => {
                let principal = accounts::principal_of(&system, &login).await?;
                Ok(Context { authority: Authority::Person(principal), ..system })
            }
            Some(Who::Made(made)) => {
                self.made += 1;
                let login = format!("tester{}", self.made);
                let body = json!({"login": login, "name": login, "roles": made.roles, "department": made.department});
                accounts::create_user(&system, &body).await?;
                self.who = Some(Who::Login(login.clone()));
                let principal = accounts::principal_of(&self.system(), &login).await?;
                Ok(Context { authority: Authority::Person(principal), ..system })
            }
        }
    }

    fn system(&self) -> Context {
        Context { now: self.time.now(), ..Context::system(self.engine, "tests of an app") }
    }

    async fn given(&mut self, case: &TestCase) -> EngineResult<()> {
        self.names.people = organisation::fresh(self.engine).await?;
        for name in case.given.records.keys() {
            self.names.records.insert(name.clone(), (String::new(), Uuid::now_v7()));
        }
        for (name, record) in &case.given.records {
            if let Some(place) = self.names.records.get_mut(name) {
                place.0.clone_from(&record.form);
            }
        }
        self.who.clone_from(&case.given.who);
        if let Err(error) = self.context().await {
            self.trouble("/given/as", error)?;
        }
        self.names.people = organisation::fresh(self.engine).await?;
        let cx = self.system();
        // those that others of them link to come first
        let mut waiting: Vec<&String> = case.given.records.keys().collect();
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut refused = Vec::new();
            let mut left = Vec::new();
            for name in waiting {
                let Some(record) = case.given.records.get(name) else { continue };
                let mut values = self.names.values(&cx.catalog, &record.form, &record.values);
                if let Some((_, id)) = self.names.records.get(name) {
                    values.insert("id".into(), json!(id));
                }
                match self.engine.create(&cx, &record.form, values, None).await {
                    Ok(_) => {}
                    Err(error @ EngineError::Refused(_)) => {
                        left.push(name);
                        refused.push((name, error));
                    }
                    Err(other) => return Err(other),
                }
            }
            if left.len() == before {
                for (name, error) in refused {
                    self.trouble(&format!("/given/records/{name}"), error)?;
                }
                return Ok(());
            }
            waiting = left;
        }
        Ok(())
    }

    /// A refusal where none was expected.
    fn trouble(&mut self, pointer: &str, error: EngineError) -> EngineResult<()> {
        let EngineError::Refused(refusal) = error else { return Err(error) };
        if refusal.faults.is_empty() {
            let detail = refusal.detail(Locale::En);
            self.differs(pointer, "", &detail);
        }
        for fault in &refusal.faults {
            let found = format!("{} {}", fault.path, fault.message(Locale::En));
            self.differs(pointer, "", &found);
        }
        Ok(())
    }

    /// Does a step; the rows that it gives.
    async fn step(&mut self, step: &Step, pointer: &str) -> EngineResult<Option<Vec<Json>>> {
        match step {
            Step::As(who) => {
                self.who = Some(who.clone());
                self.context().await?;
                self.names.people = organisation::fresh(self.engine).await?;
                Ok(None)
            }
            Step::Advance(to) => {
                if *to < self.time.now() {
                    self.differs(pointer, "a later moment", &to.to_rfc3339());
                } else {
                    self.time.set(*to);
                }
                Ok(None)
            }
            Step::Create(creation) => self.create(creation).await.map(|()| None),
            Step::Update(change) => self.update(change, pointer).await.map(|()| None),
            Step::Delete(removal) => {
                let cx = self.context().await?;
                let Some((form, id)) = self.record(&removal.record, pointer) else { return Ok(None) };
                self.engine.delete(&cx, &form, id, None).await.map(|()| None)
            }
            Step::Query(query) => self.query(query).await.map(Some),
            Step::Aggregate(sums) => self.aggregate(sums).await.map(Some),
        }
    }

    async fn create(&mut self, creation: &Creation) -> EngineResult<()> {
        let cx = self.context().await?;
        let mut values = self.names.values(&cx.catalog, &creation.form, &creation.values);
        let id = Uuid::now_v7();
        values.entry("id").or_insert_with(|| json!(id));
        self.engine.create(&cx, &creation.form, values, None).await?;
        if let Some(name) = &creation.name {
            self.names.records.insert(name.trim_start_matches('@').to_string(), (creation.form.clone(), id));
        }
        Ok(())
    }

    async fn update(&mut self, change: &Change, pointer: &str) -> EngineResult<()> {
        let cx = self.context().await?;
        let Some((form, id)) = self.record(&change.record, pointer) else { return Ok(()) };
        let values = self.names.values(&cx.catalog, &form, &change.values);
        self.engine.update(&cx, &form, id, values, None).await.map(|_| ())
    }

    async fn query(&mut self, query: &Query) -> EngineResult<Vec<Json>> {
        let cx = self.context().await?;
        let request = ListRequest {
            filter: query.filter.clone().map(|filter| self.names.anywhere(filter)),
            q: query.q.clone(),
            sort: query.sort.clone(),
            limit: MOST_ROWS,
            ..ListRequest::default()
        };
        let answer = self.engine.list(&cx, &query.form, request).await?;
        rows_of(serde_json::from_slice(&answer).ok(), "items")
    }

    async fn aggregate(&mut self, sums: &Sums) -> EngineResult<Vec<Json>> {
        let cx = self.context().await?;
        let body = match self.names.anywhere(Json::Object(sums.body.clone())) {
            Json::Object(body) => body,
            _ => Map::new(),
        };
        rows_of(Some(self.engine.aggregate(&cx, &sums.form, body).await?), "rows")
    }

    fn record(&mut self, name: &str, pointer: &str) -> Option<(String, Uuid)> {
        let found = self.names.records.get(name.trim_start_matches('@')).cloned();
        if found.is_none() {
            let known: Vec<String> = self.names.records.keys().map(|n| format!("@{n}")).collect();
            self.differs(pointer, &known.join(", "), name);
        }
        found
    }

    async fn compare(&mut self, case: &TestCase, outcome: Outcome) -> EngineResult<()> {
        let mut expected = case.expect.faults.clone();
        let mut found = outcome.faults;
        expected.sort();
        found.sort();
        if expected != found {
            self.differs("/expect/faults", &told(&expected), &told(&found));
        }
        if let Some(rows) = &case.expect.rows {
            self.compare_rows(rows, outcome.rows.as_deref());
        }
        for (name, fields) in &case.expect.values {
            let Some((form, id)) = self.record(name, &format!("/expect/values/{name}")) else { continue };
            // what is stored, whoever may see it
            let cx = self.system();
            let Some(record) = self.read(&cx, &form, id, &format!("/expect/values/{name}")).await? else { continue };
            let fields = self.names.values(&cx.catalog, &form, fields);
            for (field, value) in &fields {
                let stored = record.get(field).unwrap_or(&Json::Null);
                if !same::holds(value, stored) {
                    self.differs(&format!("/expect/values/{name}/{field}"), &value.to_string(), &stored.to_string());
                }
            }
        }
        for (name, fields) in &case.expect.hidden {
            let Some((form, id)) = self.record(name, &format!("/expect/hidden/{name}")) else { continue };
            let cx = self.context().await?;
            let Some(record) = self.read(&cx, &form, id, &format!("/expect/hidden/{name}")).await? else { continue };
            for field in fields {
                if record.get(field).is_some_and(|value| !value.is_null()) {
                    self.differs(&format!("/expect/hidden/{name}"), "", field);
                }
            }
        }
        Ok(())
    }

    fn compare_rows(&mut self, expected: &Rows, found: Option<&[Json]>) {
        let pointer = "/expect/rows";
        let Some(found) = found else { return self.differs(pointer, "rows", "no query") };
        match expected {
            Rows::Count(count) if *count == found.len() => {}
            Rows::Count(count) => self.differs(pointer, &count.to_string(), &found.len().to_string()),
            Rows::Each(rows) => {
                let wanted: Vec<Json> = rows.iter().map(|row| self.names.anywhere(row.clone())).collect();
                let fits = |(wanted, row): (&Json, &Json)| match wanted {
                    Json::String(_) => row.get("id") == Some(wanted),
                    other => same::holds(other, row),
                };
                if wanted.len() != found.len() || !wanted.iter().zip(found).all(fits) {
                    let told: Vec<String> = found.iter().map(|row| self.names.shown(row)).collect();
                    let expected: Vec<String> = rows.iter().map(Json::to_string).collect();
                    self.differs(pointer, &expected.join(", "), &told.join(", "));
                }
            }
        }
    }

    async fn read(&mut self, cx: &Context, form: &str, id: Uuid, pointer: &str) -> EngineResult<Option<Json>> {
        match self.engine.read(cx, form, id, &ReadRequest::default()).await {
            Ok(answer) => Ok(serde_json::from_slice(&answer.body).ok()),
            Err(error) => self.trouble(pointer, error).map(|()| None),
        }
    }
}

fn rows_of(answer: Option<Json>, member: &str) -> EngineResult<Vec<Json>> {
    match answer.and_then(|mut answer| answer.get_mut(member).map(Json::take)) {
        Some(Json::Array(rows)) => Ok(rows),
        _ => Err(EngineError::Internal(format!("an answer without {member}"))),
    }
}

fn told(faults: &[ExpectedFault]) -> String {
    faults.iter().map(|f| format!("{} {}", f.field, f.code).trim().to_string()).collect::<Vec<_>>().join(", ")
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}
