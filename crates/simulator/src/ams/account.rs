//! The accounts themselves: read-only here.

use serde_json::{Value, json};

use super::call::{Call, account_id};
use super::reply::Reply;
use crate::shared::Core;
use crate::state::Account;

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Reply> {
    let world = call.core.world();
    let account = world.account(&call.account).ok_or_else(Reply::not_found)?;
    Ok(Reply::ok(show(
        &call.account_id(),
        call.target.subscription.as_str(),
        &call.target.resource_group,
        account,
    )))
}

/// Every account, under whatever subscription and group is asked.
pub(super) fn list(core: &Core, target: &super::address::Target) -> Reply {
    let group = if target.resource_group.is_empty() {
        "simulator"
    } else {
        &target.resource_group
    };
    let target = super::address::Target {
        resource_group: group.to_owned(),
        ..target.clone()
    };
    let world = core.world();
    let accounts: Vec<Value> = world
        .accounts()
        .map(|account| {
            show(
                &account_id(&target, &account.name),
                &target.subscription,
                group,
                account,
            )
        })
        .collect();
    Reply::ok(json!({ "value": accounts }))
}

fn show(id: &str, subscription: &str, group: &str, account: &Account) -> Value {
    let storage: Vec<Value> = account
        .storage
        .iter()
        .enumerate()
        .map(|(at, storage)| {
            json!({
                "id": format!(
                    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{}",
                    storage.account
                ),
                "type": if at == 0 { "Primary" } else { "Secondary" },
            })
        })
        .collect();
    json!({
        "name": account.name,
        "id": id,
        "type": "Microsoft.Media/mediaservices",
        "location": account.region,
        "tags": {},
        "properties": {
            "mediaServiceId": account.media_service_id,
            "storageAccounts": storage,
            "storageAuthentication": "System",
            "encryption": { "type": "SystemKey", "status": "Disabled" },
            "keyDelivery": { "accessControl": { "defaultAction": "Allow", "ipAllowList": [] } },
            "publicNetworkAccess": "Enabled",
            "provisioningState": "Succeeded",
        },
    })
}
