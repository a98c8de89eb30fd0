//! What the steps of a plan do: the word in a step's code, and the sentence about it.

/// What a step does. The word stands in the step's code and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    Create,
    Change,
    Rename,
    Retire,
    Return,
    /// The values of a field become another type.
    Type,
    /// Another type in the same column.
    Retype,
    /// Values begin to be kept encrypted.
    Encrypt,
    /// Values are no longer kept encrypted.
    Decrypt,
    /// Equal values of an encrypted field can be found, and there are few different ones.
    FewValues,
    Fill,
    /// A formula is worked out for the records that are there.
    Compute,
    Require,
    Stricter,
    Unique,
    NotUnique,
    Index,
    Search,
    Choices,
    /// Values of a choice get other names.
    Recode,
    /// Terms of a view or rule no longer fit and have no effect.
    SwitchOff,
    /// They fit again.
    SwitchOn,
    /// A role gains an action on a form.
    Gain,
    /// A role's rows on a form change.
    Rows,
    /// A role gains sight of a field, or may write it.
    Sees,
    Writes,
    /// A role gains a right over the installation or an app.
    Right,
    Inherit,
    /// A role sees a formula that reads a field hidden from it.
    Reveals,
    /// A role loses something.
    Lose,
}

impl What {
    pub fn word(self) -> &'static str {
        match self {
            What::Create => "create",
            What::Change => "change",
            What::Rename => "rename",
            What::Retire => "retire",
            What::Return => "return",
            What::Type => "type",
            What::Retype => "retype",
            What::Encrypt => "encrypt",
            What::Decrypt => "decrypt",
            What::FewValues => "few_values",
            What::Fill => "fill",
            What::Compute => "compute",
            What::Require => "require",
            What::Stricter => "stricter",
            What::Unique => "unique",
            What::NotUnique => "not_unique",
            What::Index => "index",
            What::Search => "search",
            What::Choices => "choices",
            What::Recode => "recode",
            What::SwitchOff => "switch_off",
            What::SwitchOn => "switch_on",
            What::Gain => "gain",
            What::Rows => "rows",
            What::Sees => "sees",
            What::Writes => "writes",
            What::Right => "right",
            What::Inherit => "inherit",
            What::Reveals => "reveals",
            What::Lose => "lose",
        }
    }

    /// The sentence in both languages; `{object}` is the title of what is changed, `{detail}` a further name.
    pub(super) fn sentence(self) -> (&'static str, &'static str) {
        match self {
            What::Create => ("New {kind} “{object}”", "新增{kind}“{object}”"),
            What::Change => ("Changed {kind} “{object}”", "修改{kind}“{object}”"),
            What::Rename => {
                ("{kind} “{object}” gets the name {detail}; its data stay", "{kind}“{object}”改名为 {detail}，数据保留")
            }
            What::Retire => {
                ("{kind} “{object}” goes out of sight; its data are kept", "{kind}“{object}”将被隐藏，数据保留")
            }
            What::Return => ("{kind} “{object}” comes back with its data", "{kind}“{object}”连同数据恢复"),
            What::Type => ("{kind} “{object}” changes its type: {detail}", "{kind}“{object}”更改类型：{detail}"),
            What::Retype => (
                "{kind} “{object}” changes its type, values stay: {detail}",
                "{kind}“{object}”更改类型，值不变：{detail}",
            ),
            What::Encrypt => (
                "{kind} “{object}” is kept encrypted from now on, in records and history; older backups still hold it as it was",
                "{kind}“{object}”今后加密保存，包括记录和历史；此前的备份中仍为原文",
            ),
            What::Decrypt => (
                "{kind} “{object}” is no longer kept encrypted, neither in records nor in history",
                "{kind}“{object}”不再加密保存，包括记录和历史",
            ),
            What::FewValues => (
                "{kind} “{object}” has few different values: with equality (“exact”), who holds a copy of the database can tell records with the same value",
                "{kind}“{object}”的不同取值很少：启用相等查找（“exact”）后，持有数据库副本的人可以看出哪些记录的值相同",
            ),
            What::Fill => ("{kind} “{object}” is filled with its default", "{kind}“{object}”以默认值填充"),
            What::Compute => (
                "{kind} “{object}” is worked out for the records that are there",
                "{kind}“{object}”将为现有记录重新计算",
            ),
            What::Require => ("{kind} “{object}” becomes required", "{kind}“{object}”改为必填"),
            What::Stricter => {
                ("{kind} “{object}” is checked more strictly: {detail}", "{kind}“{object}”的校验更严格：{detail}")
            }
            What::Unique => ("Values must be unique: {detail}", "值须唯一：{detail}"),
            What::NotUnique => ("Values need no longer be unique: {detail}", "值不再要求唯一：{detail}"),
            What::Index => ("Indexes of {kind} “{object}” change", "{kind}“{object}”的索引变更"),
            What::Search => ("The full-text index of {kind} “{object}” is made anew", "重建{kind}“{object}”的全文索引"),
            What::Choices => ("{kind} “{object}” no longer offers {detail}", "{kind}“{object}”不再提供选项 {detail}"),
            What::Recode => (
                "Values of {kind} “{object}” are renamed, records follow: {detail}",
                "{kind}“{object}”的选项值改名，记录随之更新：{detail}",
            ),
            What::SwitchOff => (
                "What no longer fits in {kind} “{object}” is switched off: {detail}",
                "{kind}“{object}”中不再适用的部分将被停用：{detail}",
            ),
            What::SwitchOn => (
                "What fits again in {kind} “{object}” is switched on: {detail}",
                "{kind}“{object}”中重新适用的部分将被启用：{detail}",
            ),
            What::Gain => ("Role “{object}” may now: {detail}", "角色“{object}”获得权限：{detail}"),
            What::Rows => {
                ("The rows that role “{object}” reaches change: {detail}", "角色“{object}”的数据范围变更：{detail}")
            }
            What::Sees => ("Role “{object}” now sees {detail}", "角色“{object}”可见字段 {detail}"),
            What::Writes => ("Role “{object}” may now write {detail}", "角色“{object}”可写字段 {detail}"),
            What::Right => ("Role “{object}” gains the right {detail}", "角色“{object}”获得系统权限 {detail}"),
            What::Inherit => ("Role “{object}” now has everything of role {detail}", "角色“{object}”继承角色 {detail}"),
            What::Reveals => (
                "Role “{object}” sees {detail}, which is worked out from a field hidden from it",
                "角色“{object}”可见 {detail}，而该公式引用了对其隐藏的字段",
            ),
            What::Lose => ("Role “{object}” loses: {detail}", "角色“{object}”失去：{detail}"),
        }
    }
}
