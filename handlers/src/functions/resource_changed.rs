//! Event Grid: Azure Resource Manager wrote or deleted something in the primary.

use change::{Cause, Change, Kind, Name, ResourceId};
use media::AccountId;
use mirror::{Outcome, Reason};

use super::{
    Function,
    event::{Event, Verdict, ams_account},
};
use crate::{app::App, protocol::Invocation};

pub(super) const FUNCTION: Function = Function::Event("resource-changed", judge);

fn judge(app: &App, invocation: &Invocation) -> Verdict {
    let Some(event) = Event::of(invocation) else {
        return Verdict::bad("the event is not a JSON object");
    };
    let subject = event.subject();
    if !event.is_accepted(app, AccountId::is_within) {
        return Verdict::skip(Reason::NotPrimary, subject);
    }
    let cause = match event.kind() {
        "Microsoft.Resources.ResourceWriteSuccess" => Cause::Written,
        "Microsoft.Resources.ResourceDeleteSuccess" => Cause::Deleted,
        _ => return Verdict::skip(Reason::NotMirroredKind, subject),
    };
    let Some(within) = ams_account(app).and_then(|account| account.within(subject)) else {
        return Verdict::skip(Reason::NotPrimary, subject);
    };
    let segments: Vec<String> = within.split('/').map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let look_at = |id: Result<ResourceId, change::BadName>, cause| match id {
        Ok(id) => Verdict::look_at(vec![Change::new(id, cause, event.time())], subject),
        Err(_) => Verdict::bad(subject),
    };
    match segments[..] {
        [kind, name] => match kind.parse::<Kind>() {
            Ok(kind) if kind.parent().is_none() => {
                look_at(ResourceId::from_parts(kind, None, name), cause)
            }
            _ => Verdict::skip(Reason::NotMirroredKind, subject),
        },
        [assets, asset, kind, name]
            if is_assets(assets) && kind.eq_ignore_ascii_case("assetFilters") =>
        {
            look_at(
                ResourceId::from_parts(Kind::AssetFilters, Some(asset.to_owned()), name),
                cause,
            )
        }
        // A track travels as blobs of its asset.
        [assets, asset, kind, ..] if is_assets(assets) && kind.eq_ignore_ascii_case("tracks") => {
            let asset = Name::new(asset).map(|name| ResourceId::new(Kind::Assets, name));
            Verdict {
                left_out: Some(Outcome::Skipped(Reason::NotMirroredKind)),
                ..look_at(asset, Cause::Blobs)
            }
        }
        _ => Verdict::skip(Reason::NotMirroredKind, subject),
    }
}

fn is_assets(segment: &str) -> bool {
    segment.eq_ignore_ascii_case(Kind::Assets.as_str())
}

/// A segment of a resource ID, percent-decoded: names cannot contain `%`, so where one stands it is an encoding.
fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8_lossy()
        .into_owned()
}
