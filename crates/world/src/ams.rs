//! What a world on Azure Media Services needs: subscriptions to the primary's events.

use simulator::EventSubscription;

use crate::World;

/// Subscribes the mirror to the events that it hears of the primary, as whoever installs it does.
pub(crate) async fn prepare(world: &World) -> anyhow::Result<()> {
    let subscriptions: [(&str, &[&str]); 2] = [
        (
            "job-finished",
            &[
                "Microsoft.Media.JobFinished",
                "Microsoft.Media.JobOutputFinished",
            ],
        ),
        (
            "resource-changed",
            &[
                "Microsoft.Resources.ResourceWriteSuccess",
                "Microsoft.Resources.ResourceDeleteSuccess",
            ],
        ),
    ];
    for (function, event_types) in subscriptions {
        world
            .control()
            .subscribe(EventSubscription {
                name: function.to_owned(),
                account: Some(World::PRIMARY.to_owned()),
                endpoint: world.event_url(function).parse()?,
                event_types: event_types.iter().map(|&kind| kind.to_owned()).collect(),
            })
            .await?;
    }
    Ok(())
}
