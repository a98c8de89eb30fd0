//! Choices of a list as controls offer them.

use formwright_core::field::ChoiceSet;
use formwright_templates::view::Choice;
use formwright_templates::view::cell::Hue;

/// Choices of a list: retired ones and groups that cannot be picked are disabled, but for the present value.
pub fn choices_of(
    set: &ChoiceSet,
    locale: formwright_core::text::Locale,
    present: &[String],
    pick_any: bool,
) -> Vec<Choice> {
    let depth = |choice: &formwright_core::field::Choice| {
        let (mut depth, mut parent) = (0u8, choice.parent.as_deref());
        while let Some(above) = parent.filter(|_| depth < 8) {
            depth += 1;
            parent = set.get(above).and_then(|c| c.parent.as_deref());
        }
        depth
    };
    set.choices
        .iter()
        .filter(|c| c.active || present.contains(&c.value))
        .map(|c| Choice {
            value: c.value.clone(),
            title: c.title.get(locale).to_string(),
            hue: c.color.as_deref().map(Hue::from_name),
            depth: depth(c),
            disabled: !c.active || (!pick_any && set.is_group(&c.value)),
        })
        .collect()
}
