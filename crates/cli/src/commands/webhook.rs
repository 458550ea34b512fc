//! `webhook`: the rule by which MK.IO tells the app what happens in the primary, and the tokens that it takes.

use change::Kind;
use clap::{Args, Subcommand, ValueEnum};
use media::{ErrorKind, ServiceError, TokenUse, WebhookRule, WebhookRules, token_request};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use url::{Host, Url};

use crate::{
    arguments::Global,
    configuration::{Configured, configured},
    confirm::confirm,
    failure::{Failure, Verdict},
    output::{Output, columns, plain},
};

/// What MK.IO announces and the app takes. There is no event for anything else that is mirrored.
const EVENTS: [&str; 2] = ["MediaKind.JobFinished", "MediaKind.StreamingLocatorCreated"];
/// Where the function `webhook` answers.
const PATH: &str = "/api/webhook";
/// Where another token than the app's is looked for.
const TOKEN: &str = "MKIO_TOKEN";

/// Registers the app with MK.IO: webhook rules, and the tokens that it needs.
///
/// Rules are read and written with the token in MKIO_TOKEN, or with MIRROR_PRIMARY_TOKEN where there is none. It needs the capability
/// webhooks.config, which the app itself does not.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  media-mirror webhook list")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the webhook rules of the primary.
    #[command(after_help = "Example:\n  media-mirror webhook list --json")]
    List,
    /// Makes the app's webhook rule, or replaces it.
    ///
    /// The rule sends MIRROR_WEBHOOK_SECRET in the header MIRROR_WEBHOOK_HEADER. MK.IO never shows the secret again, so register the
    /// rule once more when it was changed.
    #[command(
        after_help = "Example:\n  media-mirror webhook register --url https://func-mirror.azurewebsites.net/api/webhook"
    )]
    Register {
        /// Where the app takes webhooks: https://<host of the app>/api/webhook.
        #[arg(long)]
        url: Url,
        /// The rule's name.
        #[arg(long, default_value = "media-mirror")]
        name: String,
    },
    /// Removes the app's webhook rule. What happens afterwards is found by walks only.
    #[command(after_help = "Example:\n  media-mirror webhook remove --yes")]
    Remove {
        /// The rule's name.
        #[arg(long, default_value = "media-mirror")]
        name: String,
    },
    /// Prints the request for a restricted token: the body of POST /api/v1/user/tokens, with no capability more than needed.
    ///
    /// No settings are read, and nothing is called. The IDs stand in MK.IO's answers to GET /api/v1/organization and
    /// GET /api/v1/projects/<name>.
    #[command(after_help = "Examples:\n  \
        media-mirror webhook token primary --organization 0c5e --project 7d31 > primary.json\n  \
        media-mirror webhook token secondary --organization 0c5e --project 9b2a --deletes streamingLocators,accountFilters")]
    Token {
        /// What the token is for.
        purpose: Purpose,
        /// ID of the organization.
        #[arg(long, value_name = "ID")]
        organization: String,
        /// ID of the project (not its name).
        #[arg(long, value_name = "ID")]
        project: String,
        /// For how many days it holds; MK.IO takes a year at most.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=365))]
        days: u16,
        /// Kinds whose replicas the mirror may delete or replace (MIRROR_DELETES, MIRROR_CONFLICTS); of the secondary only.
        #[arg(
            long,
            value_delimiter = ',',
            value_name = "KIND",
            default_value = "streamingLocators"
        )]
        deletes: Vec<Kind>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Purpose {
    /// MIRROR_PRIMARY_TOKEN: reads, secrets included.
    Primary,
    /// MIRROR_SECONDARY_TOKEN: reads and writes.
    Secondary,
    /// MKIO_TOKEN: webhook rules of the primary, and nothing else.
    Webhooks,
}

pub(crate) async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    match &arguments.command {
        Command::List => list(&rules(&configured(global)?)?, output).await,
        Command::Register { url, name } => register(&configured(global)?, url, name, output).await,
        Command::Remove { name } => {
            remove(&rules(&configured(global)?)?, name, global.yes, output).await
        }
        Command::Token {
            purpose,
            organization,
            project,
            days,
            deletes,
        } => {
            let purpose = match purpose {
                Purpose::Primary => TokenUse::Primary,
                Purpose::Secondary => TokenUse::Secondary {
                    deletes: deletes.clone(),
                },
                Purpose::Webhooks => TokenUse::Webhooks,
            };
            let until = OffsetDateTime::now_utc() + Duration::days((*days).into());
            let until = until.replace_nanosecond(0).unwrap_or(until);
            let request = token_request(&purpose, organization, project, until);
            output.raw(format!("{request:#}\n").as_bytes())?;
            Ok(Verdict::Good)
        }
    }
}

fn rules(configured: &Configured) -> Result<WebhookRules, Failure> {
    let token = std::env::var(TOKEN).ok();
    let token = token.as_deref().filter(|token| !token.trim().is_empty());
    wiring::webhook_rules(&configured.settings, token)
        .map_err(|error| {
            Failure::new(
                error,
                "Correct MKIO_TOKEN, or the setting that it is about.",
            )
        })?
        .ok_or_else(|| {
            Failure::new(
                "MIRROR_BACKEND is ams, which has no webhook rules",
                "Events of Azure are subscribed to with Event Grid.",
            )
        })
}

async fn list(rules: &WebhookRules, output: &mut Output) -> Result<Verdict, Failure> {
    let rules = rules.list().await.map_err(told)?;
    for rule in &rules {
        output.value(&shown(rule))?;
    }
    if rules.is_empty() {
        output.text("The primary has no webhook rule.")?;
    }
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|rule| {
            let state = if rule.enabled { "on" } else { "off" };
            let events = rule.events.join(", ");
            [&rule.name, state, &rule.url, &events].map(plain).to_vec()
        })
        .collect();
    for line in columns(&rows) {
        output.text(line)?;
    }
    Ok(Verdict::Good)
}

async fn register(
    configured: &Configured,
    url: &Url,
    name: &str,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let rules = rules(configured)?;
    let webhook = &configured.settings.webhook;
    let secret = webhook.secret.as_ref().ok_or_else(|| {
        Failure::new(
            "MIRROR_WEBHOOK_SECRET is not set",
            "Set it to what the app has: the app refuses every webhook that does not bring it.",
        )
    })?;
    if !is_private(url) {
        return Err(Failure::new(
            "the webhook's secret would travel in clear text",
            "Give a URL that begins with https://.",
        ));
    }
    if is_misspelt(url) {
        return Err(Failure::new(
            format!(
                "nothing answers at {}: MK.IO's webhooks would be lost",
                plain(url.path())
            ),
            format!("Give the path as it is: {PATH}."),
        ));
    }
    let wanted = WebhookRule {
        name: name.to_owned(),
        enabled: true,
        url: url.to_string(),
        events: EVENTS.map(ToOwned::to_owned).to_vec(),
    };
    let made = rules.put(&wanted, &webhook.header, secret.secret()).await;
    let made = made.map_err(told)?;
    if made != wanted {
        return Err(Failure::new(
            format!("MK.IO took the rule {name} and shows another"),
            "See `media-mirror webhook list`.",
        ));
    }
    output.value(&shown(&made))?;
    output.text(format!(
        "The rule {} sends {} to {}.",
        plain(name),
        EVENTS.join(" and "),
        made.url
    ))?;
    Ok(Verdict::Good)
}

/// Nobody on the way can read it: https, or it does not leave this machine.
fn is_private(url: &Url) -> bool {
    match url.host() {
        _ if url.scheme() == "https" => true,
        Some(Host::Ipv4(address)) => url.scheme() == "http" && address.is_loopback(),
        Some(Host::Ipv6(address)) => url.scheme() == "http" && address.is_loopback(),
        _ => false,
    }
}

/// The host finds the function in any letter case and with a slash behind it, and the handler does not. Any other path may be a gateway's.
fn is_misspelt(url: &Url) -> bool {
    let path = url.path();
    path != PATH && path.trim_end_matches('/').eq_ignore_ascii_case(PATH)
}

async fn remove(
    rules: &WebhookRules,
    name: &str,
    yes: bool,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let there = rules.list().await.map_err(told)?;
    let Some(rule) = there.iter().find(|rule| rule.name == name) else {
        output.value(&json!({"name": name, "removed": false}))?;
        output.text(format!("The primary has no rule {}.", plain(name)))?;
        return Ok(Verdict::Good);
    };
    let question = format!(
        "Remove the rule {}, which calls {}?",
        plain(name),
        plain(&rule.url)
    );
    if !confirm(yes, &question).await? {
        output.text("Nothing was changed.")?;
        return Ok(Verdict::Good);
    }
    rules.delete(name).await.map_err(told)?;
    output.value(&json!({"name": name, "removed": true}))?;
    output.text(format!("Removed the rule {}.", plain(name)))?;
    Ok(Verdict::Good)
}

fn shown(rule: &WebhookRule) -> Value {
    json!({"name": rule.name, "enabled": rule.enabled, "url": rule.url, "events": rule.events})
}

fn told(error: ServiceError) -> Failure {
    let next = match error.kind {
        ErrorKind::Denied => {
            "The token needs the capability webhooks.config: `media-mirror webhook token webhooks` prints the request for one; give it in MKIO_TOKEN."
        }
        _ => {
            "Nothing is known to be changed; run it again, or look at `media-mirror webhook list`."
        }
    };
    Failure::new(error, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_only_the_host_would_find_is_misspelt() {
        for (path, misspelt) in [
            ("/api/webhook", false),
            ("/api/webhook?code=k", false),
            ("/api/Webhook", true),
            ("/api/webhook/", true),
            ("/behind/a/gateway", false),
        ] {
            let url = format!("https://func-1.azurewebsites.net{path}");
            assert_eq!(is_misspelt(&url.parse().unwrap()), misspelt, "{path}");
        }
    }

    #[test]
    fn the_secret_does_not_travel_in_clear_text() {
        for (url, private) in [
            ("https://func-1.azurewebsites.net/api/webhook", true),
            ("http://127.0.0.1:7071/api/webhook", true),
            ("http://[::1]:7071/api/webhook", true),
            ("http://func-1.azurewebsites.net/api/webhook", false),
            ("http://localhost.example.com/", false),
            ("ftp://127.0.0.1/", false),
        ] {
            assert_eq!(is_private(&url.parse().unwrap()), private, "{url}");
        }
    }
}
