//! The app, its storage and its functions.

use crate::{Broken, broken};

const STORAGE: &str = "infra/app/storage.bicep";
const APP: &str = "infra/app/function-app.bicep";

pub(crate) const ALL: &[Broken] = &[
    broken(
        "storage",
        STORAGE,
        "  'copy-blobs'\n",
        "",
        "uses the queue copy-blobs, which is not made",
    ),
    broken(
        "storage",
        STORAGE,
        "  'copy-blobs'\n",
        "  'copy-blobs'\n  'copies'\n",
        "no function reads the queue copies",
    ),
    broken(
        "storage",
        STORAGE,
        "${name}-poison",
        "${name}-bad",
        "poison queues",
    ),
    broken(
        "storage",
        STORAGE,
        "'mirror-state'",
        "'state'",
        "container of the state documents",
    ),
    broken(
        "storage",
        "functions/deletions/function.json",
        "\"AzureWebJobsStorage\"",
        "\"Other\"",
        "another storage account",
    ),
    broken(
        "storage",
        "functions/renamed/function.json",
        "",
        "{ \"bindings\": [] }",
        "no function of the handler",
    ),
    broken(
        "storage",
        STORAGE,
        "'dead-letters'",
        "'letters'",
        "container of dead letters",
    ),
    broken(
        "host",
        "host.json",
        "\"maxDequeueCount\": 30",
        "\"maxDequeueCount\": 5",
        "maxDequeueCount",
    ),
    broken(
        "host",
        "host.json",
        "\"isEnabled\": false",
        "\"isEnabled\": true",
        "sampling",
    ),
    broken(
        "host",
        "host.json",
        "\"batchSize\": 8",
        "\"batchSize\": 32",
        "batches",
    ),
    broken("host", APP, "name: 'custom'", "name: 'node'", "runtime"),
    broken(
        "host",
        APP,
        "'azd-service-name': 'app'",
        "'azd-service-name': 'web'",
        "the service app",
    ),
];
