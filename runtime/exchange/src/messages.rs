//! Every code this crate reports, with its English and Chinese words: one table, nothing said elsewhere.

/// Declares [`Code`] and its texts from one table of `Variant "code" "English" "中文"`.
macro_rules! codes {
    ($($variant:ident $code:literal $en:literal $zh:literal)*) => {
        /// What is wrong with (or worth knowing about) a file, a row or a cell.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $en] $variant,)* }

        impl Code {
            /// Every code, in the table's order.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The code as it stands in answers and reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// The message's pattern in English and in Chinese; `{name}` is filled from the notice's arguments.
            pub fn patterns(self) -> (&'static str, &'static str) {
                match self { $(Code::$variant => ($en, $zh),)* }
            }
        }
    };
}

codes! {
    // Files
    FileEmpty "file_empty" "The file is empty." "文件是空的。"
    FileEncrypted "file_encrypted" "The file is protected by a password. Save it without a password and send it again." "文件设有密码，请取消密码后重新上传。"
    FileDamaged "file_damaged" "The file is damaged and cannot be read ({detail})." "文件已损坏，无法读取（{detail}）。"
    FileTooLarge "file_too_large" "The file is too large: at most {limit} {unit} are read." "文件过大：最多读取 {limit} {unit}。"
    ArchiveRefused "archive_refused" "The file unpacks to far more than a workbook of its size may hold and was not opened ({detail})." "文件解压后的内容异常庞大，已拒绝打开（{detail}）。"
    FileTypeUnknown "file_type_unknown" "This is no file that can be read here. Excel (xlsx, xls, xlsb), OpenDocument (ods), CSV and tabbed text are." "无法识别的文件。支持 Excel（xlsx、xls、xlsb）、OpenDocument（ods）、CSV 和制表符文本。"
    FileTypeMismatch "file_type_mismatch" "The file is named {name}, but its content is {found}. Give it the name of what it is, or save it anew." "文件名为 {name}，但内容是{found}。请改用与内容相符的文件名，或重新另存。"
    TextInvalid "text_invalid" "The text cannot be read as {encoding}. Choose another encoding." "无法按 {encoding} 读取文本，请选择其他编码。"
    EncodingUnknown "encoding_unknown" "The encoding {encoding} is not known." "未知的编码 {encoding}。"
    QuoteUnclosed "quote_unclosed" "A quotation mark opened in row {row} is never closed." "第 {row} 行的引号没有结束。"
    SheetUnknown "sheet_unknown" "There is no sheet {sheet}. The file has: {sheets}." "没有名为 {sheet} 的工作表。文件包含：{sheets}。"
    HeadingMissing "heading_missing" "No row with column headings was found." "没有找到标题行。"
    // Faults of cells and rows
    Required "required" "A value is needed here." "此项必填。"
    CellError "cell_error" "The cell holds the error {value}." "单元格的值是错误 {value}。"
    FormulaWithoutValue "formula_without_value" "The formula in this cell has no stored value. Open the file in a spreadsheet, save it and send it again." "此单元格的公式没有保存结果，请用表格软件打开并保存后重新上传。"
    TextTooLong "text_too_long" "The text has {length} characters, {limit} are allowed." "文本有 {length} 个字符，最多 {limit} 个。"
    NumberInvalid "number_invalid" "«{value}» is not a number." "“{value}”不是数字。"
    NumberAmbiguous "number_ambiguous" "«{value}» can be read as {first} or as {second}. Write it so that only one is possible." "“{value}”既可读作 {first}，也可读作 {second}，请写明确。"
    NumberNegative "number_negative" "{value} is below zero." "{value} 小于零。"
    NumberNotWhole "number_not_whole" "{value} is not a whole number." "{value} 不是整数。"
    TooManyDecimals "too_many_decimals" "{value} has more than {scale} decimal places." "{value} 的小数位超过 {scale} 位。"
    NumberTooLarge "number_too_large" "{value} has more digits than can be stored." "{value} 的位数超出可保存的范围。"
    CurrencyUnknown "currency_unknown" "No rate is known for the currency {currency}." "没有货币 {currency} 的汇率。"
    CurrencyConflict "currency_conflict" "«{value}» names two currencies." "“{value}”包含两种货币。"
    DateInvalid "date_invalid" "«{value}» is not a date." "“{value}”不是日期。"
    DateAmbiguous "date_ambiguous" "«{value}» can be {first} or {second}. Say in the mapping which comes first, day or month." "“{value}”可能是 {first} 或 {second}，请在导入设置中说明日和月的顺序。"
    DateFuture "date_future" "{value} lies in the future." "{value} 是将来的日期。"
    DatetimeInvalid "datetime_invalid" "«{value}» is not a date with a time." "“{value}”不是日期时间。"
    TimeInvalid "time_invalid" "«{value}» is not a time of day." "“{value}”不是时间。"
    DurationInvalid "duration_invalid" "«{value}» is not a duration." "“{value}”不是时长。"
    BooleanInvalid "boolean_invalid" "«{value}» is neither yes nor no." "“{value}”既不是“是”也不是“否”。"
    EmailInvalid "email_invalid" "«{value}» holds no valid e-mail address." "“{value}”中没有有效的邮箱地址。"
    WebsiteInvalid "website_invalid" "«{value}» is not a web address." "“{value}”不是网址。"
    ChoiceUnknown "choice_unknown" "«{value}» is none of the choices." "“{value}”不在可选项中。"
    ChoiceAmbiguous "choice_ambiguous" "«{value}» fits more than one choice: {candidates}." "“{value}”对应多个选项：{candidates}。"
    CountryUnknown "country_unknown" "«{value}» is not a known country." "无法识别国家“{value}”。"
    UserUnknown "user_unknown" "«{value}» is not a known user." "无法识别用户“{value}”。"
    Duplicate "duplicate" "The same {matched} as in {of}." "与{of}的{matched}相同。"
    // Warnings
    DigitsLost "digits_lost" "The spreadsheet keeps 15 digits only: the last digits of {value} are lost." "电子表格只保留 15 位数字，{value} 的末尾几位已丢失。"
    PhonePrecisionLost "phone_precision_lost" "The spreadsheet has lost digits of the telephone number {value}; it was kept in the note." "电话号码 {value} 的数字已被表格软件截断，原文已记入备注。"
    PhoneInvalid "phone_invalid" "«{value}» is not a telephone number; it was kept in the note." "“{value}”不是电话号码，原文已记入备注。"
    EmailPartlyInvalid "email_partly_invalid" "«{value}» is not an e-mail address and was left out." "“{value}”不是邮箱地址，已忽略。"
    CurrencyAssumed "currency_assumed" "No currency is given; {currency} was taken." "未注明货币，按 {currency} 处理。"
    OwnerUnknown "owner_unknown" "«{value}» is no known user; the record has no owner." "无法识别业务员“{value}”，记录没有负责人。"
    PossibleDuplicate "possible_duplicate" "Nearly the same name as in {of}: {value}." "与{of}的名称几乎相同：{value}。"
    YearAssumed "year_assumed" "No year is given; {year} was taken." "未注明年份，按 {year} 年处理。"
    SchemeAdded "scheme_added" "https:// was put in front of {value}." "已为 {value} 补上 https://。"
    NumberRounded "number_rounded" "{value} was rounded to {rounded}." "{value} 已四舍五入为 {rounded}。"
    CharactersRemoved "characters_removed" "Characters that cannot be stored were removed." "已移除无法保存的字符。"
}
