//! The one table of public error codes: HTTP status, words in both languages, what to do about it.
//!
//! Codes never change. A message may name arguments in braces; [`crate::diagnostic::Fault`] fills them in.

use crate::text::Locale;

/// One row of the table.
#[derive(Debug)]
pub struct ErrorCode {
    pub code: &'static str,
    pub status: u16,
    pub en: &'static str,
    pub zh: &'static str,
}

impl ErrorCode {
    /// The message template in the reader's language.
    pub fn message(&self, locale: Locale) -> &'static str {
        match locale {
            Locale::En => self.en,
            Locale::ZhCn => self.zh,
        }
    }
}

impl PartialEq for ErrorCode {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal, $status:literal, $en:literal, $zh:literal;)*) => {
        $(pub static $name: ErrorCode = ErrorCode { code: $code, status: $status, en: $en, zh: $zh };)*
        /// Every code, in the order of this file.
        pub static ALL: &[&ErrorCode] = &[$(&$name),*];
    };
}

codes! {
    // requests
    BAD_REQUEST = "bad_request", 400, "The request cannot be read: {reason}.", "请求无法识别：{reason}。";
    BODY_INVALID = "body_invalid", 400, "The body is not valid JSON: {reason}.", "请求体不是有效的 JSON：{reason}。";
    TEXT_INVALID = "text_invalid", 422, "The text contains characters that cannot be stored (control characters or broken surrogates). Remove them.", "文本含有无法保存的字符（控制字符或残缺的代理对），请删除。";
    UNAUTHENTICATED = "unauthenticated", 401, "Please sign in.", "请先登录。";
    SIGN_IN_FAILED = "sign_in_failed", 401, "Login or password is wrong.", "账号或密码错误。";
    SECOND_FACTOR_REQUIRED = "second_factor_required", 401, "The code of your second factor is needed.", "需要输入动态验证码。";
    FACTOR_CODE_WRONG = "factor_code_wrong", 401, "The code is wrong, too old, or was used already.", "验证码错误、已过期或已使用过。";
    CHALLENGE_EXPIRED = "challenge_expired", 401, "The second step took too long. Please sign in again.", "验证超时，请重新登录。";
    SECOND_FACTOR_MISSING = "second_factor_missing", 403, "Your role asks for a second factor. Set it up under Security in your settings.", "您的角色要求启用两步验证，请先在“安全”页面完成设置。";
    STEP_UP_REQUIRED = "step_up_required", 403, "Please confirm once more who you are.", "请再次验证身份。";
    CSRF = "csrf", 403, "The page is too old or the request does not come from it. Reload the page.", "页面已过期或请求来源不正确，请刷新页面。";
    ORIGIN = "origin", 403, "The request comes from another site.", "请求来自其他网站，已拒绝。";
    FORBIDDEN = "forbidden", 403, "You may not do this ({action}).", "您没有权限执行此操作（{action}）。";
    NOT_FOUND = "not_found", 404, "There is nothing here, or you may not see it.", "内容不存在，或您无权查看。";
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "This address does not take {method}.", "此地址不支持 {method}。";
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", 415, "Send {expected}.", "请以 {expected} 发送。";
    BODY_TOO_LARGE = "body_too_large", 413, "The body is larger than the {limit} allowed.", "请求体超过上限 {limit}。";
    RATE_LIMITED = "rate_limited", 429, "Too many attempts. Try again in {seconds} seconds.", "尝试过于频繁，请在 {seconds} 秒后重试。";
    NOT_OFFERED = "not_offered", 501, "This version does not offer {what} yet.", "当前版本暂不提供{what}。";
    KIND_NOT_OFFERED = "kind_not_offered", 422, "This version does not offer {what} yet.", "当前版本暂不提供{what}。";
    INTERNAL = "internal", 500, "Something went wrong on the server. The administrator finds it under request {request}.", "服务器内部错误，管理员可按请求编号 {request} 查询。";
    STORAGE_FULL = "storage_full", 507, "The disk is full. Nothing was changed.", "磁盘空间已满，未做任何更改。";
    UNAVAILABLE = "unavailable", 503, "The database does not answer at the moment. Try again.", "数据库暂时无法访问，请稍后重试。";
    OUTCOME_UNKNOWN = "outcome_unknown", 503, "The connection broke while saving. Repeat the request with the same Idempotency-Key.", "保存时连接中断，请用相同的 Idempotency-Key 重试。";
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch", 422, "This Idempotency-Key was used with another body.", "该 Idempotency-Key 已用于不同的请求内容。";
    IDEMPOTENCY_BUSY = "idempotency_busy", 409, "The first request with this Idempotency-Key is still running.", "使用该 Idempotency-Key 的首个请求仍在处理中。";
    REQUEST_TIMEOUT = "request_timeout", 408, "The body of the request came too slowly.", "请求体传输过慢，已超时。";
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable", 416, "The part asked for lies beyond the end of the file.", "请求的范围超出文件末尾。";

    // records
    VALIDATION = "validation_failed", 422, "The record has {count:fault|faults}.", "记录有 {count} 处错误。";
    RECORD_CONFLICT = "record_conflict", 409, "{who} changed this record since you read it.", "在您读取之后，{who} 修改了此记录。";
    RECORD_LOCKED = "record_locked", 409, "The record is locked and cannot be changed.", "记录已锁定，不能修改。";
    UNKNOWN_FIELD = "unknown_field", 422, "There is no field \"{name}\".{suggestion}", "没有字段“{name}”。{suggestion}";
    FIELD_READ_ONLY = "field_read_only", 422, "This field cannot be written.", "此字段不可写。";
    REQUIRED = "required", 422, "{title} is required.", "{title}为必填项。";
    WRONG_TYPE = "wrong_type", 422, "Expected {expected}, got {got}.", "应为{expected}，实际是{got}。";
    TOO_SHORT = "too_short", 422, "At least {limit:character is|characters are} needed.", "至少需要 {limit} 个字符。";
    TOO_LONG = "too_long", 422, "At most {limit:character is|characters are} allowed.", "最多允许 {limit} 个字符。";
    TOO_FEW = "too_few", 422, "At least {limit:entry is|entries are} needed.", "至少需要 {limit} 项。";
    TOO_MANY = "too_many", 422, "At most {limit:entry is|entries are} allowed.", "最多允许 {limit} 项。";
    NOT_UNIQUE_ITEMS = "repeated_entries", 422, "An entry is repeated.", "存在重复的条目。";
    TOO_SMALL = "too_small", 422, "The value must be at least {limit}.", "不能小于 {limit}。";
    NOT_ABOVE = "not_above", 422, "The value must be greater than {limit}.", "必须大于 {limit}。";
    TOO_LARGE = "too_large", 422, "The value must be at most {limit}.", "不能大于 {limit}。";
    NOT_BELOW = "not_below", 422, "The value must be less than {limit}.", "必须小于 {limit}。";
    NOT_MULTIPLE = "not_multiple", 422, "The value must be a multiple of {limit}.", "必须是 {limit} 的倍数。";
    TOO_MANY_DECIMALS = "too_many_decimals", 422, "At most {limit:decimal is|decimals are} kept here.", "最多保留 {limit} 位小数。";
    NUMBER_TOO_LONG = "number_too_long", 422, "At most 18 digits are kept.", "最多支持 18 位数字。";
    PATTERN_MISMATCH = "pattern_mismatch", 422, "The text is not written as it is asked for here. Write it like {example}{pattern}.", "文本的写法不符合要求，请写成 {example}{pattern} 的样子。";
    FORMAT_INVALID = "format_invalid", 422, "This is not a valid {format}.", "不是有效的{format}。";
    CHOICE_UNKNOWN = "choice_unknown", 422, "\"{value}\" is no choice here.{suggestion}", "“{value}”不在可选项中。{suggestion}";
    CHOICE_NOT_LEAF = "choice_not_leaf", 422, "\"{value}\" is a group: pick one of its entries.", "“{value}”是分组，请选择其下的条目。";
    SCHEMA_VIOLATED = "schema_violated", 422, "The value does not meet the form's schema ({keyword}).", "值不符合表单的模式要求（{keyword}）。";
    DUPLICATE = "duplicate", 422, "This value is already in use.", "该值已被使用。";
    NOT_FOUND_REFERENCE = "not_found_reference", 422, "This points to nothing that you can see.", "所引用的内容不存在或您无权查看。";
    PERSON_DISABLED = "person_disabled", 422, "{name} is disabled and cannot be picked. Pick somebody who is active.", "{name}已停用，不能选择，请选择在用人员。";
    MENTION_CANNOT_READ = "mention_cannot_read", 422, "{name} may not read this record and was not told.", "{name}无权查看此记录，无法提及。";
    IN_USE = "in_use", 409, "{count:other record points|other records point} to this one.", "有 {count} 条记录引用了此记录。";
    TRANSITION_NOT_ALLOWED = "transition_not_allowed", 422, "The status cannot change from \"{from}\" to \"{to}\".", "状态不能从“{from}”变为“{to}”。";
    RULE_FAILED = "rule_failed", 422, "{en}", "{zh}";
    RULES_UNSETTLED = "rules_unsettled", 422, "The rules of this form set this field to one value after another. Whoever designs the form must mend them.", "此表单的规则反复改写该字段，请表单设计者修正。";
    FILE_TYPE_NOT_ACCEPTED = "file_type_not_accepted", 422, "Files of type {type} are not accepted here.", "此处不接受 {type} 类型的文件。";
    FILE_TOO_LARGE = "file_too_large", 413, "The file is too large ({size}): at most {limit} are taken.", "文件过大（{size}）：最多 {limit}。";
    TOO_LARGE_RECORD = "record_too_large", 422, "The record is larger than {limit}.", "记录大小超过 {limit}。";

    // queries
    FILTER_INVALID = "filter_invalid", 422, "The filter cannot be read: {reason}.", "筛选条件无法识别：{reason}。";
    OPERATOR_UNKNOWN = "unknown_operator", 422, "There is no operator \"{name}\" for this field.{suggestion}", "此字段没有运算符“{name}”。{suggestion}";
    FIELD_ENCRYPTED = "field_encrypted", 422, "\"{name}\" is kept encrypted: it can be shown and exported, but not searched, sorted, grouped, summed, indexed, a title, or read by a plain formula. Equality needs the option \"exact\".", "“{name}”已加密保存：可以查看和导出，但不能搜索、排序、分组、汇总、建立索引、用作标题，也不能被普通公式读取；按值相等查找需要选项“exact”。";
    VALUE_NOT_KEPT = "value_not_kept", 422, "\"{name}\" is kept encrypted, so a saved view keeps no value to compare it with.", "“{name}”已加密保存，视图不能保存与之比较的值。";
    VALUE_INVALID = "value_invalid", 422, "The value does not fit the field: {reason}.", "值与字段不符：{reason}。";
    FILTER_TOO_DEEP = "filter_too_deep", 422, "The filter may be {limit} levels deep at most.", "筛选条件最多 {limit} 层。";
    FILTER_TOO_LARGE = "filter_too_large", 422, "The filter may have {limit} terms at most.", "筛选条件最多 {limit} 项。";
    CURSOR_INVALID = "cursor_invalid", 422, "The cursor does not belong to this query.", "游标与此查询不匹配。";
    PARAMETER_INVALID = "parameter_invalid", 422, "{name}: {reason}.", "{name}：{reason}。";
    QUERY_TOO_EXPENSIVE = "query_too_expensive", 422, "This query is too expensive: {reason}.", "查询开销过大：{reason}。";

    // definitions
    DEFINITION_INVALID = "definition_invalid", 422, "The definition has {count:fault|faults}.", "定义有 {count} 处错误。";
    UNKNOWN_KEY = "unknown_key", 422, "Unknown key \"{name}\".{suggestion}", "未知的键“{name}”。{suggestion}";
    NAME_INVALID = "name_invalid", 422, "\"{name}\" is no name: lower-case letters, digits and _, beginning with a letter, at most 48.", "“{name}”不是有效名称：须以小写字母开头，只含小写字母、数字和下划线，最多 48 个字符。";
    NAME_TAKEN = "name_taken", 422, "The name \"{name}\" is taken.", "名称“{name}”已被占用。";
    RESERVED_NAME = "reserved_name", 422, "\"{name}\" is a system field's name. Take \"{proposal}\".", "“{name}”是系统字段名，建议改为“{proposal}”。";
    UNKNOWN_REFERENCE = "unknown_reference", 422, "There is no {kind} \"{name}\".{suggestion}", "没有{kind}“{name}”。{suggestion}";
    SCHEMA_INVALID = "schema_invalid", 422, "This is no valid JSON Schema: {reason}.", "不是有效的 JSON Schema：{reason}。";
    REFERENCE_REMOTE = "reference_remote", 422, "\"{value}\" lies outside of this schema and is not fetched. Put what it names under \"$defs\" and refer to it as #/$defs/….", "“{value}”位于此模式之外，不会被获取。请将其内容放在 \"$defs\" 下，并以 #/$defs/… 引用。";
    TEST_INVALID = "test_invalid", 422, "This is no test of an app: {reason}.", "不是有效的应用测试：{reason}。";
    TEST_FAILED = "test_failed", 422, "The test \"{title}\" expects {expected}; there is {found}.", "测试“{title}”期望 {expected}，实际为 {found}。";
    RECORD_NO_OBJECT = "record_no_object", 422, "A record is an object: write \"type\": \"object\" with \"properties\"; a list belongs into a property of it.", "记录必须是对象：请写 \"type\": \"object\" 并列出 \"properties\"；列表应放在某个属性中。";
    NO_FIELDS = "no_fields", 422, "A form needs at least one field: name it in \"properties\".", "表单至少需要一个字段，请在 \"properties\" 中写出。";
    TYPE_CLASH = "type_clash", 422, "The JSON type \"{got}\" does not go with the field type \"{type}\", whose values are of type {expected}.", "JSON 类型“{got}”与字段类型“{type}”不符，该字段的值类型为 {expected}。";
    KEYWORD_IGNORED = "keyword_ignored", 422, "The keyword \"{name}\" means nothing here and is passed over.", "关键字“{name}”在此处没有意义，已忽略。";
    NOT_MAPPED = "not_mapped", 422, "No field type says all that this schema says: it is kept as JSON and checked by its schema.", "没有字段类型能完整表达此模式：按 JSON 保存，并按其模式校验。";
    REPEATS_REFUSED = "repeats_refused", 422, "The list became a field with several choices, in which a choice stands once; its schema would admit it twice.", "此列表已成为多选字段，同一选项只能出现一次；而其模式允许重复。";
    KEY_INVALID = "key_invalid", 422, "{reason}.", "{reason}。";
    NOT_REQUIRED = "not_required", 422, "The app \"{app}\" adds to what belongs to \"{name}\" and does not require it: write \"{name}\" into its \"requires\".", "应用“{app}”扩展了“{name}”的内容，但未依赖它：请在其 \"requires\" 中写上“{name}”。";
    TIME_WITHOUT_ZONE = "time_without_zone", 422, "A time is kept as a time of day, like 08:30: one with a zone, as the format \"time\" has it, is refused.", "时间按一天中的时刻保存，如 08:30；带时区的时间（“time”格式）会被拒绝。";
    NOT_EXPOSED = "not_exposed", 422, "The app \"{app}\" does not expose \"{name}\".", "应用“{app}”未开放“{name}”。";
    DRAFT_CONFLICT = "draft_conflict", 409, "{who} saved this draft since you read it.", "在您读取之后，{who} 保存了此草稿。";
    PUBLICATION_CONFLICT = "publication_conflict", 409, "Another publication came first.", "已有其他发布先行完成。";
    PLAN_OUTDATED = "plan_outdated", 409, "The plan is no longer what would be done. Look at the new one.", "发布计划已过时，请查看新的计划。";
    CONFIRMATION_REQUIRED = "confirmation_required", 422, "Confirm: {text}.", "请确认：{text}。";
    NOTHING_TO_PUBLISH = "nothing_to_publish", 422, "There is no draft to publish.", "没有可发布的草稿。";
    RECORD_TOO_WIDE = "record_too_wide", 422, "The record holds more than the database keeps in one row. Empty or shorten some of its texts.", "记录内容超出数据库单行所能容纳的大小，请清空或缩短部分文本。";
    COLUMNS_EXHAUSTED = "columns_exhausted", 422, "The table would need {count} columns, retired fields included; the database has room for {limit}. Bring retired fields back instead of adding new ones, or put the new ones into a form of their own.", "该表将需要 {count} 列（含已停用字段），数据库最多容纳 {limit} 列。请恢复已停用的字段代替新增，或将新字段放入单独的表单。";
    VALUES_REPEAT = "values_repeat", 422, "Records repeat values that must be unique: {values}. Change them first.", "存在重复的值，请先修改：{values}。";
    DEFINITION_IN_USE = "definition_in_use", 409, "{count:other definition refers|other definitions refer} to this one.", "有 {count} 个其他定义引用了此定义。";
    CONVERSION_REFUSED = "conversion_refused", 422, "A {from} field cannot become {to}. Add a new field and move the values.", "{from}字段不能改为{to}，请新增字段并迁移数据。";
    EXPRESSION_EMPTY = "expression_empty", 422, "The expression is empty. Write a formula such as quantity * price.", "表达式为空。请填写公式，例如 quantity * price。";
    EXPRESSION_TOO_LONG = "expression_too_long", 422, "An expression may have {limit} characters at most.", "表达式最多 {limit} 个字符。";
    EXPRESSION_TOO_DEEP = "expression_too_deep", 422, "Character {position}: parentheses and calls may be {limit} deep at most. Split the formula into two fields.", "第 {position} 个字符：括号和函数最多嵌套 {limit} 层，请拆分为多个公式字段。";
    EXPRESSION_CHARACTER = "expression_character", 422, "Character {position}: \"{found}\" has no meaning here.{suggestion}", "第 {position} 个字符：“{found}”在此处没有意义。{suggestion}";
    EXPRESSION_NUMBER = "expression_number", 422, "Character {position}: \"{found}\" is no number: digits, at most one point with digits after it, 28 digits in all.", "第 {position} 个字符：“{found}”不是有效的数字：只能包含数字和一个小数点（其后须有数字），共不超过 28 位。";
    EXPRESSION_TEXT_OPEN = "expression_text_open", 422, "The text that begins at character {position} is not closed. End it with a quotation mark.", "从第 {position} 个字符开始的文本没有结束，请补上引号。";
    EXPRESSION_COMMENT_OPEN = "expression_comment_open", 422, "The comment that begins at character {position} is not closed. End it with */.", "从第 {position} 个字符开始的注释没有结束，请补上 */。";
    EXPRESSION_PARENTHESIS_OPEN = "expression_parenthesis_open", 422, "The parenthesis at character {position} is not closed.", "第 {position} 个字符处的括号没有闭合。";
    EXPRESSION_PARENTHESIS_EXTRA = "expression_parenthesis_extra", 422, "Character {position}: this parenthesis closes nothing. Remove it.", "第 {position} 个字符：多余的右括号，请删除。";
    EXPRESSION_COMMA = "expression_comma", 422, "Character {position}: a comma separates arguments of a function and has no meaning here.", "第 {position} 个字符：逗号只用于分隔函数参数，不能用在此处。";
    EXPRESSION_OPERAND_MISSING = "expression_operand_missing", 422, "Character {position}: a field, a number, a text or a function is missing here.", "第 {position} 个字符：此处缺少字段、数字、文本或函数。";
    EXPRESSION_OPERATOR_MISSING = "expression_operator_missing", 422, "Character {position}: an operator such as + or & is missing before \"{found}\".", "第 {position} 个字符：“{found}”前缺少运算符，例如 + 或 &。";
    EXPRESSION_PATH = "expression_path", 422, "Character {position}: a name is missing after the dot.", "第 {position} 个字符：点号后缺少名称。";
    EXPRESSION_NAME = "expression_name", 422, "Character {position}: there is no \"{name}\" here.{suggestion}", "第 {position} 个字符：此处没有“{name}”。{suggestion}";
    EXPRESSION_FUNCTION = "expression_function", 422, "Character {position}: there is no function \"{name}\".{suggestion}", "第 {position} 个字符：没有函数“{name}”。{suggestion}";
    EXPRESSION_ARGUMENTS = "expression_arguments", 422, "Character {position}: {got} arguments do not fit. Write {signature}.", "第 {position} 个字符：参数个数（{got}）不符，应写作 {signature}。";
    EXPRESSION_TYPE = "expression_type", 422, "Character {position}: {function} takes {expected} as {parameter}, not {got}.", "第 {position} 个字符：{function} 的参数 {parameter} 应为 {expected}，而不是 {got}。";
    EXPRESSION_OPERATOR = "expression_operator", 422, "Character {position}: {operator} does not go between {left} and {right}.", "第 {position} 个字符：运算符 {operator} 不能用于 {left} 与 {right} 之间。";
    EXPRESSION_SIGN = "expression_sign", 422, "Character {position}: {operator} takes a number, not {got}.", "第 {position} 个字符：{operator} 只能用于数字，而不是 {got}。";
    EXPRESSION_LIST = "expression_list", 422, "Character {position}: {function} gives a list and cannot be computed for each element of another.", "第 {position} 个字符：{function} 的结果是列表，不能再对另一列表逐项计算。";
    EXPRESSION_RESULT = "expression_result", 422, "The expression must give {expected}, not {got}.", "表达式的结果应为 {expected}，而不是 {got}。";
    EXPRESSION_ROWS_ONLY = "expression_rows_only", 422, "Character {position}: {function} is for formulas in the rows of a child table.", "第 {position} 个字符：{function} 只能用于子表行的公式。";
    EXPRESSION_CYCLE = "expression_cycle", 422, "The formula reads itself: {path}.", "公式循环引用：{path}。";
    EXPRESSION_ALWAYS_EMPTY = "expression_always_empty", 422, "Character {position}: a comparison with an empty value is always empty. Write ISBLANK(…).", "第 {position} 个字符：与空值比较的结果总是空，请使用 ISBLANK(…)。";
    DIVISION_BY_ZERO = "division_by_zero", 422, "Character {position}: division by zero; the result is empty.", "第 {position} 个字符：除数为零，结果为空。";
    RESULT_TOO_LARGE = "result_too_large", 422, "Character {position}: the result cannot be computed or is too large to be kept; it is empty.", "第 {position} 个字符：结果无法计算或过大，已置为空。";
    ARGUMENT_UNUSABLE = "argument_unusable", 422, "Character {position}: {function} cannot use \"{value}\"; the result is empty.", "第 {position} 个字符：{function} 无法使用“{value}”，结果为空。";
    FX_RATE_MISSING = "fx_rate_missing", 422, "There is no exchange rate of {currency} at {day}.", "没有 {currency} 在 {day} 的汇率。";
    FORMULA_UNKEPT = "formula_unkept", 422, "The formula has no value that can be kept for record {record}: {reason}. Change the formula, its scale or the record.", "记录 {record} 的公式结果无法保存：{reason}。请修改公式、小数位数或该记录。";

    // accounts
    PASSWORD_TOO_SHORT = "password_too_short", 422, "The password needs at least {limit} characters.", "密码至少需要 {limit} 个字符。";
    PASSWORD_TOO_COMMON = "password_too_common", 422, "This password is easy to guess. Choose another.", "该密码过于常见，请更换。";
    LOGIN_INVALID = "login_invalid", 422, "A login has 1 to 64 letters, digits, dots, hyphens, underscores or @.", "账号须为 1–64 个字母、数字、点、连字符、下划线或 @。";
    LAST_ADMINISTRATOR = "last_administrator", 422, "This is the last active administrator.", "这是最后一位有效的管理员。";

    // moving data in and out
    IMPORT_MAPPING = "import_mapping_invalid", 422, "The mapping does not fit: {reason}.", "映射不正确：{reason}。";
    FILE_UNREADABLE = "file_unreadable", 422, "{reason}", "{reason}";
    EXPORT_LIMIT = "export_limit", 422, "{rows} rows are wanted, {limit} are allowed.", "需要导出 {rows} 行，上限为 {limit} 行。";
    FILE_EMPTY = "file_empty", 422, "{reason}", "{reason}";
    FILE_ENCRYPTED = "file_encrypted", 422, "{reason}", "{reason}";
    FILE_DAMAGED = "file_damaged", 422, "{reason}", "{reason}";
    ARCHIVE_REFUSED = "archive_refused", 422, "{reason}", "{reason}";
    FILE_TYPE_UNKNOWN = "file_type_unknown", 422, "{reason}", "{reason}";
    FILE_TYPE_MISMATCH = "file_type_mismatch", 422, "{reason}", "{reason}";
    ENCODING_UNKNOWN = "encoding_unknown", 422, "{reason}", "{reason}";
    QUOTE_UNCLOSED = "quote_unclosed", 422, "{reason}", "{reason}";
    SHEET_UNKNOWN = "sheet_unknown", 422, "{reason}", "{reason}";
    HEADING_MISSING = "heading_missing", 422, "{reason}", "{reason}";
    IMPORT_NO_RECORD = "import_no_record", 422, "There is no record with {key}.", "没有 {key} 的记录。";
    IMPORT_AMBIGUOUS = "import_ambiguous", 422, "Several records fit \"{value}\": {candidates}.", "“{value}”对应多条记录：{candidates}。";
    IMPORT_LINK_UNKNOWN = "import_link_unknown", 422, "\"{value}\" names no {form}.", "没有名为“{value}”的{form}。";
    IMPORT_PARENT_UNKNOWN = "import_parent_unknown", 422, "The first sheet has no row \"{value}\".", "主表中没有“{value}”这一行。";
    IMPORT_ROW_DIFFERS = "import_row_differs", 422, "It belongs to the record of row {of}, but says otherwise.", "本行与第 {of} 行属于同一条记录，但内容不一致。";
    IMPORT_ROWS = "import_rows", 422, "{rows} rows are too many for all or nothing: at most {limit}.", "整体导入最多 {limit} 行，文件有 {rows} 行。";
    IMPORT_REFUSED = "import_refused", 422, "{count:row is|rows are} faulty; nothing was imported.", "{count} 行有错误，未导入任何数据。";
    JOB_STOPPED = "job_stopped", 500, "The job ended by a fault of the server. What it had done up to then is kept.", "任务因服务器错误而终止，此前已完成的部分已保留。";
    UNDO_NOT_POSSIBLE = "undo_not_possible", 409, "This cannot be taken back: {reason}.", "无法撤销：{reason}。";
}

/// The row of a code.
pub fn find(code: &str) -> Option<&'static ErrorCode> {
    ALL.iter().copied().find(|c| c.code == code)
}
