use azure_core::credentials::Secret;
use media::AccountId;
use url::Url;

use crate::{parse, reader::Reader, table};

/// The service that both accounts speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The Azure Media Services v3 ARM API.
    Ams,
    /// MK.IO by MediaKind.
    Mkio,
}

/// A media-services account and where it answers.
#[derive(Clone, Debug)]
pub struct Account {
    /// Which account, and how one signs in to it.
    pub identity: AccountIdentity,
    /// Base URL of the service.
    pub endpoint: Url,
    /// Which part of the published rate limits this instance takes; `None` without a limit of its own.
    pub share: Option<f64>,
}

/// Which account, and how one signs in to it.
#[derive(Clone, Debug)]
pub enum AccountIdentity {
    /// An account of Azure Media Services, with tokens of Microsoft Entra ID.
    Ams {
        /// Its resource ID.
        id: AccountId,
        /// Audience of the tokens.
        audience: String,
    },
    /// A project of MK.IO, with an API token.
    Mkio {
        /// Its name.
        project: String,
        /// The token.
        token: Secret,
    },
}

/// The hosts by which MK.IO is known to be reached: a project of one is a project of all.
const MKIO_HOSTS: [&str; 3] = ["app.mk.io", "api.mk.io", "api.io.mediakind.com"];

impl Account {
    /// Whether both are one account, as far as names can tell. Letter case makes no difference: where the service keeps it apart, two
    /// projects of one name are still more likely a slip.
    fn is(&self, other: &Self) -> bool {
        match (&self.identity, &other.identity) {
            (AccountIdentity::Ams { id: a, .. }, AccountIdentity::Ams { id: b, .. }) => {
                a == b && self.endpoint == other.endpoint
            }
            (
                AccountIdentity::Mkio { project: a, .. },
                AccountIdentity::Mkio { project: b, .. },
            ) => {
                let of_mkio = |url: &Url| url.host_str().is_some_and(|h| MKIO_HOSTS.contains(&h));
                let same_service = self.endpoint.origin() == other.endpoint.origin()
                    || of_mkio(&self.endpoint) && of_mkio(&other.endpoint);
                a.eq_ignore_ascii_case(b) && same_service
            }
            _ => false,
        }
    }
}

/// The settings of one side.
struct Side {
    account: &'static table::Setting,
    endpoint: &'static table::Setting,
    audience: &'static table::Setting,
    token: &'static table::Setting,
    share: &'static table::Setting,
}

const PRIMARY: Side = Side {
    account: &table::PRIMARY,
    endpoint: &table::PRIMARY_ENDPOINT,
    audience: &table::PRIMARY_AUDIENCE,
    token: &table::PRIMARY_TOKEN,
    share: &table::PRIMARY_SHARE,
};

const SECONDARY: Side = Side {
    account: &table::SECONDARY,
    endpoint: &table::SECONDARY_ENDPOINT,
    audience: &table::SECONDARY_AUDIENCE,
    token: &table::SECONDARY_TOKEN,
    share: &table::SECONDARY_SHARE,
};

/// Both accounts, which must differ.
pub(crate) fn accounts(
    reader: &mut Reader<'_>,
    service: Service,
) -> (Option<Account>, Option<Account>) {
    let instances = reader.required(&table::INSTANCES, |text| {
        let instances: Option<u16> = text.parse().ok().filter(|instances| *instances > 0);
        instances.ok_or_else(|| "expected a number from 1 to 65535".to_owned())
    });
    let instances = instances.unwrap_or(1);
    let primary = account(reader, service, instances, &PRIMARY);
    let secondary = account(reader, service, instances, &SECONDARY);
    if let (Some(a), Some(b)) = (&primary, &secondary)
        && a.is(b)
    {
        let what = "is the primary itself; name the other account";
        reader.mistake(&table::SECONDARY, what);
    }
    (primary, secondary)
}

fn account(
    reader: &mut Reader<'_>,
    service: Service,
    instances: u16,
    side: &Side,
) -> Option<Account> {
    let identity = match service {
        Service::Ams => ams(reader, side),
        Service::Mkio => mkio(reader, side),
    };
    let usual = match service {
        Service::Ams => "https://management.azure.com",
        Service::Mkio => "https://app.mk.io",
    };
    let endpoint = match reader.text(side.endpoint) {
        None => parse::https(usual).ok(),
        Some(_) => reader.required(side.endpoint, parse::https),
    };
    let share = reader.required(side.share, parse::share);
    Some(Account {
        identity: identity?,
        endpoint: endpoint?,
        share: share?.map(|share| share / f64::from(instances)),
    })
}

fn ams(reader: &mut Reader<'_>, side: &Side) -> Option<AccountIdentity> {
    let id = reader.required(side.account, |text| {
        text.parse()
            .map_err(|error: media::BadAccountId| error.to_string())
    });
    let audience = reader.required(side.audience, |text| {
        parse::https(text).map(|_| text.to_owned())
    });
    Some(AccountIdentity::Ams {
        id: id?,
        audience: audience?,
    })
}

fn mkio(reader: &mut Reader<'_>, side: &Side) -> Option<AccountIdentity> {
    let project = reader.required(side.account, |text| {
        // Dots are resolved away in a path: what answers is then the list of projects.
        if text.contains('/') || text == "." || text == ".." {
            Err("expected the name of a project of MK.IO".to_owned())
        } else {
            Ok(text.to_owned())
        }
    });
    let token = reader.required(side.token, |text| match media::StaticToken::new(text) {
        Ok(_) => Ok(Secret::from(text.to_owned())),
        Err(bad) => Err(bad.to_string()),
    });
    Some(AccountIdentity::Mkio {
        project: project?,
        token: token?,
    })
}
