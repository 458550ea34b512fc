//! Recognisable secrets, and looking for them in everything that was written, in every form in which they could stand there.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, ensure};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use url::Url;
use uuid::Uuid;
use world::{Account, AccountSas, Storage};

use super::Scene;

/// The secrets of a world.
#[derive(Default)]
pub(crate) struct Secrets {
    known: Mutex<Vec<(String, Vec<u8>)>>,
    /// What somebody was shown beside what is written down: answers, the output of the tool.
    shown: Mutex<Vec<String>>,
}

/// What texts begin with that are secrets: also the beginning of one must not show.
const CANARY: &str = "canary";

/// How long the part of a secret is, at least, that is looked for by itself.
const TELLING: usize = 12;

impl Secrets {
    /// A text that is a secret.
    pub(crate) fn text(&self, what: &str) -> String {
        let text = format!("{CANARY}+{what}/\"{}\"", Uuid::new_v4());
        self.add(what, text.as_bytes());
        text
    }

    /// Some bytes that are a secret, in base64.
    pub(crate) fn base64(&self, what: &str) -> String {
        STANDARD.encode(self.text(what))
    }

    /// A content key, in base64.
    pub(crate) fn key(&self, what: &str) -> String {
        let key = Uuid::new_v4().into_bytes();
        self.add(what, &key);
        STANDARD.encode(key)
    }

    pub(crate) fn add(&self, what: &str, secret: &[u8]) {
        let mut secrets = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.push((what.to_owned(), secret.to_vec()));
    }

    /// What was put somewhere on purpose is a secret no more.
    pub(crate) fn forget(&self, what: &str) {
        let mut secrets = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.retain(|(of, _)| of != what);
    }

    /// Notes what somebody was shown, to be searched with all the rest.
    pub(crate) fn show(&self, text: &str) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.push(text.to_owned());
    }

    /// What is found of them in a text.
    pub(crate) fn found_in(&self, text: &str) -> Vec<String> {
        let secrets = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<String> = forms(CANARY.as_bytes())
            .into_iter()
            .filter(|form| text.contains(form))
            .map(|form| format!("the beginning of one as {form}"))
            .collect();
        for (what, secret) in &*secrets {
            // As it is, and as the base64 text that JSON has in place of bytes.
            let base64 = STANDARD.encode(secret);
            let mut forms: BTreeSet<String> = forms(secret).into_iter().collect();
            forms.extend(self::forms(base64.as_bytes()));
            let raw = String::from_utf8_lossy(secret);
            for part in [telling(&raw), telling(&base64)].into_iter().flatten() {
                forms.extend(self::forms(part.as_bytes()));
            }
            for form in forms {
                if text.contains(&form) {
                    found.push(format!("{what} as {form}"));
                }
            }
        }
        found
    }
}

/// The longest part of a text that stands as it is in JSON and in URLs, however they escape the rest.
fn telling(text: &str) -> Option<&str> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    let longest = parts.max_by_key(|part| part.len())?;
    (longest.len() >= TELLING).then_some(longest)
}

/// Every form of a secret that is looked for: raw, base64 at any offset, hex and percent-encoded.
fn forms(secret: &[u8]) -> BTreeSet<String> {
    let each = |form: fn(u8) -> String| secret.iter().map(|&byte| form(byte)).collect::<String>();
    let mut forms = BTreeSet::from([
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("{byte:02X}")),
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("%{byte:02X}")),
        url::form_urlencoded::byte_serialize(secret).collect(),
    ]);
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.insert(text.to_owned());
    }
    for offset in 0..3 {
        let mut shifted = vec![0; offset];
        shifted.extend(secret);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&shifted);
            // The first and the last character may also hold bits of the neighbours.
            let last = encoded.len() - usize::from(shifted.len() % 3 != 0);
            forms.insert(encoded[(offset * 8).div_ceil(6)..last].to_owned());
        }
    }
    forms
}

impl Scene {
    /// Nothing that anybody may read holds a secret: the lines of handler and host, every message of every queue (poison queues
    /// included), and every document of the app. Returns how many bytes were searched.
    pub(crate) async fn no_secret_shows(&self) -> anyhow::Result<usize> {
        let mut everything = self.log.texts();
        for queue in self.listed(&self.queue_service()?).await? {
            if queue.ends_with("-poison") {
                self.poison.empty(&*self.queues, &queue).await?;
            }
        }
        for message in self.queues.passed() {
            let bytes = STANDARD.decode(&message.text).unwrap_or_default();
            everything.push(String::from_utf8_lossy(&bytes).into_owned());
            everything.push(message.text);
        }
        everything.extend(self.documents().await?);
        {
            let shown = self.secrets.shown.lock();
            everything.extend_from_slice(&shown.unwrap_or_else(PoisonError::into_inner));
        }
        let text = everything.join("\n");
        let found = self.secrets.found_in(&text);
        ensure!(found.is_empty(), "secrets show: {found:#?}");
        // Those whose values nobody knows beforehand: bearer tokens, and SAS that the handler signs itself.
        for mark in ["Bearer ", "eyJhbGciOi", "sig=", "sig%3D"] {
            let at = text.find(mark);
            ensure!(at.is_none(), "a secret shows: there is {mark:?}");
        }
        Ok(text.len())
    }

    /// Every blob of the app's own account, as text.
    async fn documents(&self) -> anyhow::Result<Vec<String>> {
        let service = self.storage.app.blob_endpoint(Storage::APP);
        let service = with_sas(service, self.app_account()?);
        let mut documents = Vec::new();
        for container in self.listed(&service).await? {
            let container = below(&service, &container)?;
            let mut list = container.clone();
            list.query_pairs_mut().append_pair("restype", "container");
            for blob in self.listed(&list).await? {
                let answer = self.tls.client().get(below(&container, &blob)?).send();
                documents.push(answer.await?.error_for_status()?.text().await?);
            }
        }
        Ok(documents)
    }

    fn queue_service(&self) -> anyhow::Result<Url> {
        let service = self.storage.app.queue_endpoint(Storage::APP);
        Ok(with_sas(
            service.context("the app has queues")?,
            self.app_account()?,
        ))
    }

    fn app_account(&self) -> anyhow::Result<&Account> {
        let account = self.storage.app.account(Storage::APP);
        account.context("the app's account exists")
    }

    /// The names in a list of the storage service.
    async fn listed(&self, url: &Url) -> anyhow::Result<Vec<String>> {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("comp", "list");
        let request = self.tls.client().get(url);
        let answer = request.header("x-ms-version", "2021-12-02").send().await?;
        let xml = answer.error_for_status()?.text().await?;
        let names = xml.split("<Name>").skip(1);
        Ok(names
            .filter_map(|rest| rest.split_once("</Name>"))
            .map(|(name, _)| name.to_owned())
            .collect())
    }
}

fn with_sas(mut service: Url, account: &Account) -> Url {
    let sas = account.sas(&AccountSas::default());
    service.set_query(Some(&sas));
    service
}

fn below(url: &Url, path: &str) -> anyhow::Result<Url> {
    let mut url = url.clone();
    let mut segments = url.path_segments_mut().ok().context("a storage URL")?;
    segments.extend(path.split('/'));
    drop(segments);
    Ok(url)
}
