//! Events, roles, the front, what is taken away again, and what belongs to one back end.

use crate::{Broken, broken};

const MAIN: &str = "infra/main.bicep";
const READER: &str = "infra/ams/source-reader.bicep";
const JOBS: &str = "infra/ams/jobs-subscription.bicep";
const BLOB_ROLE: &str = "infra/roles/blob-role.bicep";

pub(crate) const ALL: &[Broken] = &[
    broken(
        "leaves",
        JOBS,
        "'media-mirror-jobs'",
        "'mirror-jobs'",
        "leaves the subscription mirror-jobs",
    ),
    broken(
        "leaves",
        "infra/events/custom-topic.bicep",
        "'media-mirror-${route.function}'",
        "'mirror-${route.function}'",
        "leaves the subscription mirror-job-finished",
    ),
    broken(
        "leaves",
        READER,
        "roleName: 'Mirror ",
        "roleName: 'Media Mirror ",
        "a role that infra/hooks/disconnect.sh leaves",
    ),
    broken(
        "leaves",
        "infra/main.bicep",
        "name: 'rg-${environmentName}'",
        "name: 'group-${environmentName}'",
        "under another name",
    ),
    broken(
        "front",
        "infra/front/front-door.bicep",
        "enabledState: primaryState",
        "enabledState: 'Enabled'",
        "would ask the primary again",
    ),
    broken(
        "front",
        "infra/front/traffic-manager.bicep",
        "priority: 1",
        "priority: 3",
        "asks no side first",
    ),
    broken(
        "events",
        JOBS,
        "'Microsoft.Media.JobFinished'",
        "'Microsoft.Media.JobErrored'",
        "JobErrored is sent or understood",
    ),
    broken(
        "events",
        JOBS,
        "/functions/job-finished",
        "/functions/job-done",
        "job-done is no function",
    ),
    broken(
        "events",
        JOBS,
        "maxDeliveryAttempts: 30",
        "maxDeliveryAttempts: 3",
        "retry policy",
    ),
    broken(
        "events",
        JOBS,
        "deadLetterWithResourceIdentity:",
        "deadLetter:",
        "not kept",
    ),
    broken(
        "events",
        JOBS,
        "endpointType: 'AzureFunction'",
        "endpointType: 'WebHook'",
        "no function",
    ),
    broken(
        "roles",
        BLOB_ROLE,
        "2a2b9908",
        "2a2b9909",
        "no role that may be assigned",
    ),
    broken(
        "roles",
        BLOB_ROLE,
        "storageBlobDataReader",
        "storageBlobDataWriter",
        "and not called so",
    ),
    broken(
        "roles",
        BLOB_ROLE,
        "    principalType: 'ServicePrincipal'\n",
        "",
        "principalType",
    ),
    broken(
        "roles",
        READER,
        "streamingPolicies/read",
        "streamingPolicies/*",
        "more than one action",
    ),
    broken(
        "ams-only",
        MAIN,
        "if (backend == 'ams')",
        "if (accountRoles)",
        "is not behind",
    ),
    broken(
        "ams-only",
        BLOB_ROLE,
        "'Microsoft.Storage/storageAccounts@2023-05-01'",
        "'Microsoft.Media/mediaServices@2023-01-01'",
        "names a media-services resource",
    ),
];
