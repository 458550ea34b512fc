//! The language: grammar, names, modules, versions, what must be known before a deployment.

use crate::{Broken, broken};

const MAIN: &str = "infra/main.bicep";
const APP: &str = "infra/app/function-app.bicep";

pub(crate) const ALL: &[Broken] = &[
    broken(
        "parses",
        APP,
        "resource plan '",
        "resource plan = '",
        "not understood",
    ),
    broken("parses", APP, "sku: {", "sku: (", "not understood"),
    broken(
        "described",
        APP,
        "@description('URL of the container that the package is deployed from.')\n",
        "",
        "packageContainerUrl has no description",
    ),
    broken(
        "described",
        APP,
        "metadata description",
        "metadata other",
        "no metadata description",
    ),
    broken(
        "names",
        APP,
        "serverFarmId: plan.id",
        "serverFarmId: plans.id",
        "plans is not declared",
    ),
    broken(
        "names",
        APP,
        "packageContainerUrl\n",
        "''\n",
        "packageContainerUrl is declared and not used",
    ),
    broken(
        "names",
        APP,
        "union(tags",
        "merge(tags",
        "unknown function merge",
    ),
    broken(
        "names",
        APP,
        "resource site '",
        "resource plan '",
        "plan is declared twice",
    ),
    broken(
        "modules",
        MAIN,
        "'app/identity.bicep'",
        "'br/public:avm/identity:1.0.0'",
        "no file of infra/",
    ),
    broken(
        "modules",
        MAIN,
        "    sku: storageSku\n",
        "",
        "lacks the parameter sku",
    ),
    broken(
        "modules",
        MAIN,
        "sku: storageSku",
        "size: storageSku",
        "has no parameter size",
    ),
    broken(
        "modules",
        MAIN,
        "app.outputs.hostName",
        "app.outputs.host",
        "has no output host",
    ),
    broken(
        "modules",
        MAIN,
        "'front/traffic-manager.bicep'",
        "'front/front-door.bicep'",
        "is nobody's module",
    ),
    broken(
        "pinned",
        APP,
        "serverfarms@2024-04-01",
        "serverfarms@2024-04-01-preview",
        "no stable API version",
    ),
    broken(
        "pinned",
        APP,
        "serverfarms@2024-04-01",
        "serverfarms",
        "no stable API version",
    ),
    broken(
        "start",
        "infra/ams/account-topic.bicep",
        "location: location",
        "location: topic.location",
        "location of topic is not known before the deployment begins: topic.location",
    ),
    broken(
        "start",
        MAIN,
        "if (backend == 'ams')",
        "if (!empty(identity.outputs.appId) && backend == 'ams')",
        "condition or loop of ams",
    ),
    broken(
        "start",
        MAIN,
        "var hasFront = ",
        "var hasFront = empty(app.outputs.hostName) && ",
        "condition or loop of frontDoor",
    ),
    broken(
        "start",
        APP,
        "  name: 'scm'\n  location: location\n",
        "  name: 'scm'\n",
        "publishingByScm has no location",
    ),
];
