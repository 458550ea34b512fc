//! Parameters and app settings.

use crate::{Broken, broken};

const PARAMETERS: &str = "infra/main.parameters.json";
const SETTINGS: &str = "infra/app/settings.bicep";

pub(crate) const ALL: &[Broken] = &[
    broken(
        "parameters",
        PARAMETERS,
        "${AZURE_PRINCIPAL_TYPE=User}",
        "${INFRA_OPERATOR_TYPE=User}",
        "AZURE_PRINCIPAL_TYPE are one",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "\"backend\"",
        "\"backEnd\"",
        "backEnd is no parameter",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "\"backend\"",
        "\"backEnd\"",
        "backend is missing",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_BACKEND=ams}",
        "${MIRROR_BACK_END=ams}",
        "MIRROR_BACK_END is no setting",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_BACKEND=ams}",
        "ams",
        "comes from no variable",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_SECONDARY}",
        "${MIRROR_PRIMARY}",
        "MIRROR_PRIMARY is used twice",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "\"value\": {}",
        "\"value\": { \"MIRROR_SETLE\": \"1m\" }",
        "does not know MIRROR_SETLE",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_BACKEND=ams}",
        "${MIRROR_BACKEND=amd}",
        "backend cannot be amd",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_INSTANCES=40}",
        "${MIRROR_INSTANCES=many}",
        "maximumInstanceCount cannot be many",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${INFRA_BLOB_EVENTS=false}",
        "${INFRA_BLOB_EVENTS=no}",
        "blobEvents cannot be no",
    ),
    broken(
        "settings",
        SETTINGS,
        "  MIRROR_PRIMARY: primary\n",
        "",
        "the handler refuses them",
    ),
    broken(
        "settings",
        SETTINGS,
        "MIRROR_SOURCE_AUTH",
        "MIRROR_SOURCE_AUTHORITY",
        "knows MIRROR_SOURCE_AUTHORITY",
    ),
    broken(
        "settings",
        SETTINGS,
        "streamingLocators=report",
        "streamingLocators=ignore",
        "the handler refuses them",
    ),
    broken(
        "settings",
        SETTINGS,
        "  MIRROR_SECONDARY_TOKEN: ",
        "  MIRROR_TOKEN: ",
        "mkio: the handler refuses them",
    ),
];
