//! Rules that refuse: a record that is there already is not saved a second time, whoever may read the first one.

use super::known::Known;
use super::rule::{Rule, Shape, Where, rules_of, text_of_json};
use crate::EngineResult;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::record::{Record, value_to_json};
use formwright_core::value::Value;
use formwright_store::Tx;
use formwright_store::select::Compiler;
use uuid::Uuid;

/// Adds a fault for each rule by which another record is the same. Rules are asked where a field that they look at was touched:
/// those of the record's own form, and those of forms that it links to and whose rules look at its fields.
pub(crate) async fn refuse_same(
    compiler: &Compiler<'_>,
    form: usize,
    record: &Record,
    touched: &(dyn Fn(usize) -> bool + Sync),
    tx: &mut Tx,
    faults: &mut Vec<Fault>,
) -> EngineResult<()> {
    for (index, owner) in compiler.catalog.forms.iter().enumerate().filter(|(_, f)| !f.duplicate_check.is_empty()) {
        let rules = rules_of(compiler.catalog, index, owner);
        let mut wanted = Vec::new();
        for (number, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.refuse) {
            let Some(own) = own_record(rule, index, form, record, touched) else { continue };
            wanted.extend(values(compiler, rule, form, record).map(|values| (number, values, own)));
        }
        if wanted.is_empty() {
            continue;
        }
        let asked: Vec<(usize, Vec<String>)> = wanted.iter().map(|(n, values, _)| (*n, values.clone())).collect();
        let mut known = Known::default();
        known.learn(compiler, index, &rules, &asked, tx).await?;
        for (number, values, own) in wanted {
            let Some(rule) = rules.get(number) else { continue };
            if known.all(number, rule, &values).into_iter().any(|id| id != own) {
                faults.push(Fault::new(place(compiler, rule, form), &code::DUPLICATE));
            }
        }
    }
    Ok(())
}

/// The record that a hit may name without being another one; `None` where the rule is not concerned.
fn own_record(
    rule: &Rule,
    owner: usize,
    form: usize,
    record: &Record,
    touched: &(dyn Fn(usize) -> bool + Sync),
) -> Option<Uuid> {
    let parts = rule.parts.iter().any(|part| touched(part.field));
    match rule.place {
        Where::Own if owner == form && parts => Some(record.id),
        Where::Linked { form: from, via } if from == form && (parts || touched(via)) => {
            Some(match record.values.get(via) {
                Some(Value::Id(id)) => *id,
                _ => Uuid::nil(),
            })
        }
        _ => None,
    }
}

fn values(compiler: &Compiler<'_>, rule: &Rule, form: usize, record: &Record) -> Option<Vec<String>> {
    let fields = &compiler.catalog.forms.get(form)?.fields;
    rule.values(|part| text_of_json(&value_to_json(fields.get(part.field)?, record.values.get(part.field)?)))
}

/// The field that tells records apart: the first that is compared by more than its letters.
fn place(compiler: &Compiler<'_>, rule: &Rule, form: usize) -> String {
    let telling = rule.parts.iter().find(|part| part.form != Shape::Plain).or(rule.parts.last());
    let field = telling.and_then(|part| compiler.catalog.forms.get(form)?.fields.get(part.field));
    field.map(|f| f.name.clone()).unwrap_or_default()
}
