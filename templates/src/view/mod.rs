//! View models: what a handler fills in and a template shows. Every string in them is finished: translated, formatted,
//! masked. A template only loops and chooses.
//!
//! Conventions that hold in all of them:
//! - `href` is a path of this installation below the base path, beginning with `/` (`/forms/customer`), or an outside address
//!   (`https:`, `mailto:`, `tel:`). The templates put the base path in front; handlers never do.
//! - `Option::None` means "absent": a right that is missing, a value that does not exist. Absent things are not drawn.
//! - `iso` beside a shown date is the machine form for the `datetime` attribute.
//! - `path` of a field is its name, or `table/row/name` for a cell of a child table (rows count from 0), as in `errors[].field`.

pub mod account;
pub mod admin;
pub mod cell;
pub mod company;
pub mod control;
pub mod design;
pub mod form;
pub mod home;
pub mod import;
pub mod list;
pub mod notice;
pub mod notification;
pub mod record;
pub mod search;
pub mod shell;

pub use account::{ApiToken, Invite, OpenSession, Profile, SecondFactor, Security, SignIn};
pub use admin::{
    Audit, AuditFilter, AuditRow, DepartmentRow, Departments, GrantRow, MemberRow, People, PersonActions, PersonPage,
    RoleDetail, RoleLink, Roles,
};
pub use cell::{Cell, FileChip, FileKind, Hue, Person, Tag, Tone};
pub use company::{Settings, SettingsApp};
pub use control::{Choice, Control, ControlKind, Picked, PickerSource, Span, TableColumn, TableRow, TextFormat};
pub use design::{Design, Screen};
pub use form::{Comparison, EditedRecord, Fault, Form, FormSection, SaveTarget, SummaryLine, ToldField};
pub use home::{AppTile, DayPart, Home, RecentRecord, ShippedApp, StartStep, TaskRow, WorkList};
pub use import::{Import, ImportField};
pub use list::{
    Align, Column, ColumnChoice, EmptyList, FilterChip, FilterField, LayoutLink, List, ListActions, OperatorFamily,
    Pager, Row, SaveView, Sort, ViewTab,
};
pub use notice::{ErrorPage, Notice, NoticeKind};
pub use notification::{NotificationChoice, NotificationPreferences, NotificationRow, Notifications};
pub use record::{
    Change, ChildTable, Comment, Deletion, Discussion, Fact, FactSection, FieldChange, FieldView, HistoryEntry,
    Neighbours, PrintLink, Record, RecordActions, RecordButton, RelatedList, RelatedRow, Step, StepState, Steps,
};
pub use search::{DeletedRow, RecycleBin, Search, SearchGroup, SearchHit};
pub use shell::{Crumb, FormRef, Link, NavGroup, NavLink};
