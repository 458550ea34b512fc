//! The webhook rules of a project of MK.IO: whom the service tells what happens there. They belong to its management API.

use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    BadProject, ServiceError, Wire,
    resource::{next_page, unlike},
};

/// The most pages of a list that are read: far more rules than a project can need.
const MOST_PAGES: usize = 20;

/// The webhook rules of one project. Those who use them need the capability `webhooks.config`.
pub struct WebhookRules {
    wire: Wire,
    rules: Url,
}

/// A rule, without what authenticates its calls: the service never shows that again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRule {
    /// Its name in the project.
    pub name: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Where events are posted to.
    pub url: String,
    /// Types of events, such as `MediaKind.JobFinished`.
    pub events: Vec<String>,
}

impl WebhookRules {
    /// The rules of a project.
    ///
    /// # Errors
    /// [`BadProject`] when the endpoint cannot have paths.
    pub fn new(wire: Wire, endpoint: &Url, project: &str) -> Result<Self, BadProject> {
        let mut rules = endpoint.clone();
        rules
            .path_segments_mut()
            .map_err(|()| BadProject)?
            .pop_if_empty()
            .extend(["api", "v1", "projects", project, "webhook", "rules"]);
        Ok(Self { wire, rules })
    }

    /// All rules.
    ///
    /// # Errors
    /// When the service refuses or cannot be reached.
    pub async fn list(&self) -> Result<Vec<WebhookRule>, ServiceError> {
        let operation = "GET webhook/rules (webhooks.config.get)";
        let (mut rules, mut next) = (Vec::new(), Some(self.rules.clone()));
        for _ in 0..MOST_PAGES {
            let Some(url) = next.take() else { break };
            let page = self
                .wire
                .read(Method::GET, &url, operation, |_| false)
                .await?;
            let page = page.ok_or_else(|| unlike(operation, "list-not-found"))?;
            let values = page.get("value").and_then(Value::as_array);
            let values = values.ok_or_else(|| unlike(operation, "list-without-value"))?;
            for value in values {
                let rule = rule(value).ok_or_else(|| unlike(operation, "item-is-not-a-rule"))?;
                rules.push(rule);
            }
            let link = page.get("@odata.nextLink").and_then(Value::as_str);
            next = link
                .filter(|link| !link.is_empty())
                .map(|link| next_page(&self.rules, link, operation))
                .transpose()?;
        }
        Ok(rules)
    }

    /// Makes a rule, or replaces all of it. Its calls carry `secret` in the header `header`. Returns what the service then shows of it.
    ///
    /// # Errors
    /// When the service refuses or cannot be reached.
    pub async fn put(
        &self,
        rule: &WebhookRule,
        header: &str,
        secret: &str,
    ) -> Result<WebhookRule, ServiceError> {
        let operation = format!(
            "PUT webhook/rules/{} (webhooks.config.create, .update)",
            rule.name
        );
        let body: Map<String, Value> = [(
            "spec".to_owned(),
            json!({
                "enabled": rule.enabled,
                "url": rule.url,
                "events": rule.events,
                "authentication": {"headers": {header: secret}},
            }),
        )]
        .into_iter()
        .collect();
        let answer = self
            .wire
            .write(Method::PUT, &self.url(&rule.name), Some(&body), &operation)
            .await?;
        answer
            .body
            .as_ref()
            .and_then(self::rule)
            .ok_or_else(|| unlike(&operation, "answer-is-not-a-rule"))
    }

    /// Removes a rule and the history of its events. One that is not there is no error.
    ///
    /// # Errors
    /// When the service refuses or cannot be reached.
    pub async fn delete(&self, name: &str) -> Result<(), ServiceError> {
        let operation = format!("DELETE webhook/rules/{name} (webhooks.config.delete)");
        let url = self.url(name);
        match self
            .wire
            .write(Method::DELETE, &url, None, &operation)
            .await
        {
            Err(error) if error.status != Some(404) => Err(error),
            _ => Ok(()),
        }
    }

    fn url(&self, name: &str) -> Url {
        let mut url = self.rules.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(name);
        }
        url
    }
}

/// `{"metadata": {"name"}, "spec": {"enabled", "url", "events"}}`
fn rule(value: &Value) -> Option<WebhookRule> {
    let spec = &value["spec"];
    let events = spec["events"].as_array()?.iter();
    Some(WebhookRule {
        name: value["metadata"]["name"].as_str()?.to_owned(),
        enabled: spec["enabled"].as_bool()?,
        url: spec["url"].as_str()?.to_owned(),
        events: events
            .map(|event| event.as_str().map(ToOwned::to_owned))
            .collect::<Option<_>>()?,
    })
}
