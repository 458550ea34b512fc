//! What a project has that nobody made: a storage record for each of its storage accounts, and a streaming endpoint.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Account, Key, Kind, Origin, Record};
use crate::times;

/// The seeds of an account, unless it has, or had, its own.
pub(super) fn of(account: &Account) -> Vec<(Key, Record)> {
    let made = account
        .all()
        .any(|(key, _)| matches!(key.kind, Kind::StorageRecords | Kind::StreamingEndpoints));
    if made {
        return Vec::new();
    }
    let storage = account.storage.iter().map(|storage| {
        // Named like the storage account, which is what stands behind it; the URL follows from that.
        let fields = json!({
            "type": "Microsoft.Storage",
            "account": storage.account,
            "credentials": [{
                "id": Uuid::new_v4().to_string(),
                "sasToken": "?sv=2021-10-04&ss=b&srt=co&sp=rwdlac&se=9999-12-31T00:00:00Z&sig=c2ltdWxhdG9y",
            }],
        });
        (Kind::StorageRecords, storage.account.clone(), fields)
    });
    let endpoint = json!({ "scaleUnits": 1, "sku": { "name": "Standard" }, "state": "Running" });
    storage
        .chain([(Kind::StreamingEndpoints, "default".to_owned(), endpoint)])
        .map(|(kind, name, fields)| (Key::new(kind, None, &name), record(name, fields)))
        .collect()
}

fn record(name: String, fields: Value) -> Record {
    let now = times::now();
    Record {
        name,
        id: Uuid::new_v4().to_string(),
        fields: match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        },
        keys: Vec::new(),
        created: now,
        modified: now,
        origin: Origin::default(),
        predefined: false,
    }
}
