//! Alerts, workbook and their queries.

use crate::{Broken, broken};

const LAG: &str = "infra/watch/queries/lag.kql";
const WORKBOOK: &str = "infra/watch/workbook.json";

pub(crate) const ALL: &[Broken] = &[
    broken(
        "watch",
        "infra/README.md",
        "(watch/queries/lag.kql)",
        "(watch/queries/leg.kql)",
        "lists no alert with lag.kql",
    ),
    broken(
        "watch",
        LAG,
        "record.lag)",
        "record.lags)",
        "a line heartbeat has no field lags",
    ),
    broken(
        "watch",
        LAG,
        "'heartbeat'",
        "'heart-beat'",
        "no line heart-beat",
    ),
    broken(
        "watch",
        LAG,
        "| where record.message == 'heartbeat'\n",
        "",
        "says nothing of record.message",
    ),
    broken(
        "watch",
        "infra/watch/queries/unannounced.kql",
        "'applied'",
        "'done'",
        "outcome is never done",
    ),
    broken(
        "watch",
        "infra/watch/queries/drift.kql",
        "'bytes'",
        "'blobs-of-it'",
        "depth is never blobs-of-it",
    ),
    broken(
        "watch",
        "infra/watch/queries/unused.kql",
        "",
        "traces",
        "no alert uses this query",
    ),
    broken(
        "watch",
        "infra/watch/alerts.bicep",
        "queries/dark.kql",
        "queries/black.kql",
        "queries/black.kql is not there",
    ),
    broken("watch", WORKBOOK, "{", "[", "is not valid JSON"),
    broken(
        "watch",
        WORKBOOK,
        "record.calls_primary",
        "record.calls",
        "a line batch has no field calls",
    ),
    broken(
        "watch",
        WORKBOOK,
        "record.exceptions['over-15']",
        "record.exceptions['over-20']",
        "exceptions is never over-20",
    ),
    broken(
        "watch",
        WORKBOOK,
        "\"type\": 3",
        "\"type\": 4",
        "is no text, query or parameters",
    ),
    broken(
        "watch",
        WORKBOOK,
        "].messages",
        "].length",
        "no figure has a field length",
    ),
    broken(
        "watch",
        "infra/watch/queries/dark.kql",
        "primary.readable",
        "primary.bright",
        "no figure has a field bright",
    ),
    broken(
        "watch",
        "docs/operate.md",
        "### drift",
        "### Drift",
        "the alert \"drift\"",
    ),
];
