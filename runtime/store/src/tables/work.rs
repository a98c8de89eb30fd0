//! Tables of work to be done: events of committed writes, jobs and their faults, answers to repeated requests.

use super::{Index, Key, Only, Parent, Table, index, may, must};
use crate::value::Kind::{Bytes, Int, Json, Text, Ts, Uuid};

pub(super) const TABLES: &[Table] = &[
    // Written with the record, taken by the relay in order of `seq` and deleted. On PostgreSQL a lower number may be
    // committed after a higher one: the relay takes what is there, and remembers no position.
    Table {
        name: "fw_outbox",
        key: Key::Counting("seq"),
        columns: &[
            must("at", Ts),
            must("kind", Text),
            may("form", Text),
            may("record", Uuid),
            may("version", Int),
            must("body", Json),
        ],
        indexes: &[],
        parent: None,
    },
    // `run_at` is when it may begin, `lease_until` until when a worker has it, `fence` grows with each lease.
    Table {
        name: "fw_jobs",
        key: Key::Columns(&["id"]),
        columns: &[
            must("id", Uuid),
            must("kind", Text),
            may("key", Text),
            may("owner", Uuid),
            must("state", Text),
            must("done", Int),
            may("total", Int),
            must("attempts", Int),
            must("created_at", Ts),
            must("run_at", Ts),
            may("finished_at", Ts),
            must("input", Json),
            may("result", Json),
            may("lease_by", Text),
            may("lease_until", Ts),
            must("fence", Int),
        ],
        indexes: &[
            index("fw_jobs_due", &["state", "run_at", "id"]),
            index("fw_jobs_owner", &["owner", "created_at"]),
            Index { name: "fw_jobs_key", columns: &["kind", "key"], unique: true, only: Only::Filled("key") },
        ],
        parent: None,
    },
    // Faults of an import, in the order they were found; `row` is the sheet's.
    Table {
        name: "fw_job_faults",
        key: Key::Counting("seq"),
        columns: &[
            must("job", Uuid),
            may("row", Int),
            may("field", Text),
            must("code", Text),
            must("message", Json),
            must("level", Text),
        ],
        indexes: &[index("fw_job_faults_job", &["job", "seq"])],
        parent: Some(Parent { column: "job", table: "fw_jobs", key: "id" }),
    },
    // The first answer to a request that carried a key; `status` is empty while it is being made.
    Table {
        name: "fw_idempotency",
        key: Key::Columns(&["person", "method", "route", "key"]),
        columns: &[
            must("person", Uuid),
            must("method", Text),
            must("route", Text),
            must("key", Text),
            must("body_hash", Bytes),
            may("status", Int),
            may("headers", Json),
            may("answer", Bytes),
            must("at", Ts),
        ],
        indexes: &[index("fw_idempotency_at", &["at"])],
        parent: None,
    },
];
