use std::sync::Arc;

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use time::OffsetDateTime;

use crate::{Body, ServiceError, container};

/// Which page of which list.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// The kind to list.
    pub kind: Kind,
    /// The asset, for asset filters.
    pub parent: Option<Name>,
    /// Only what was updated since, where the service offers that (MK.IO: `$filter=updated ge`); elsewhere the list is whole. That every
    /// change moves the time is not confirmed, so it is a short cut and proves nothing.
    pub updated_since: Option<OffsetDateTime>,
    /// Where the page before said that the next one is.
    pub next: Option<String>,
}

impl ListRequest {
    /// The first page of all resources of a kind.
    #[must_use]
    pub const fn all(kind: Kind) -> Self {
        Self {
            kind,
            parent: None,
            updated_since: None,
            next: None,
        }
    }

    /// The first page of an asset's filters.
    #[must_use]
    pub fn filters_of(asset: Name) -> Self {
        Self {
            parent: Some(asset),
            ..Self::all(Kind::AssetFilters)
        }
    }
}

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// The resources as the list shows them: secrets masked, content keys missing.
    pub items: Vec<Body>,
    /// Where the next page is, to be passed on as it stands.
    pub next: Option<String>,
}

/// Where blobs are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In a storage account of Azure, by its name.
    Azure(String),
    /// In another kind of storage, by the service's word for it.
    Other(String),
}

/// A media-services account.
///
/// The two back ends differ in paths, verbs and shapes; behind this trait they do not. Every method is one or two calls; which, stands
/// beside it. A resource that is gone is `None`, and gone means that the service itself said so: an account or endpoint that cannot be
/// found is an error, so that a lost account never looks empty.
#[async_trait]
pub trait MediaService: Send + Sync {
    /// A resource whole, secrets included: one call, and for a locator with content keys one more for their values.
    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError>;

    /// Whether a resource is there: one call that needs no right to read secrets.
    async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError>;

    /// Whether the service says of a resource that is there that it is not finished, so that nothing can name it yet. One call; none where
    /// everything is made at once.
    async fn is_being_made(&self, _: &ResourceId) -> Result<bool, ServiceError> {
        Ok(false)
    }

    /// One page of a list.
    async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError>;

    /// The names of the locators that publish an asset; `None` when the asset is gone.
    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError>;

    /// Where the account keeps the blobs of assets that name this storage; `None` when it does not know it. No call where the name is the
    /// storage account's own.
    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError>;

    /// The assets whose blobs are in this container of this storage account (the account's own name): usually one, none where the container
    /// serves something else. One call where the service can be asked for it, else a walk over the list of assets.
    async fn assets_in(&self, account: &str, container: &str) -> Result<Vec<Name>, ServiceError> {
        container::assets_in(self, account, container, None).await
    }

    /// Creates a resource. The answer is the resource as it was written, completed as [`MediaService::read`] completes it.
    async fn create(&self, body: &Body) -> Result<Body, ServiceError>;

    /// Updates a resource that can be updated. The answer is completed in the same way.
    async fn update(&self, body: &Body) -> Result<Body, ServiceError>;

    /// Deletes a resource; one that is gone already is a success.
    async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError>;
}

/// The primary: read, and nothing else.
#[derive(Clone)]
pub struct Primary(Arc<dyn MediaService>);

/// The secondary: read and written.
#[derive(Clone)]
pub struct Secondary(Arc<dyn MediaService>);

macro_rules! reads {
    () => {
        /// See [`MediaService::read`].
        ///
        /// # Errors
        /// [`ServiceError`], whose kind says what to do.
        pub async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
            self.0.read(id).await
        }

        /// See [`MediaService::exists`].
        ///
        /// # Errors
        /// [`ServiceError`], whose kind says what to do.
        pub async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError> {
            self.0.exists(id).await
        }

        /// See [`MediaService::list`].
        ///
        /// # Errors
        /// [`ServiceError`], whose kind says what to do.
        pub async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError> {
            self.0.list(request).await
        }

        /// See [`MediaService::storage`].
        ///
        /// # Errors
        /// [`ServiceError`], whose kind says what to do.
        pub async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
            self.0.storage(name).await
        }

        /// See [`MediaService::locators_of`].
        ///
        /// # Errors
        /// [`ServiceError`], whose kind says what to do.
        pub async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
            self.0.locators_of(asset).await
        }
    };
}

impl Primary {
    /// Takes the writing methods away from a service.
    #[must_use]
    pub fn new(service: Arc<dyn MediaService>) -> Self {
        Self(service)
    }

    /// See [`MediaService::assets_in`].
    ///
    /// # Errors
    /// [`ServiceError`], whose kind says what to do.
    pub async fn assets_in(
        &self,
        account: &str,
        container: &str,
    ) -> Result<Vec<Name>, ServiceError> {
        self.0.assets_in(account, container).await
    }

    reads!();
}

impl Secondary {
    /// The account that the mirror writes to.
    #[must_use]
    pub fn new(service: Arc<dyn MediaService>) -> Self {
        Self(service)
    }

    reads!();

    /// See [`MediaService::is_being_made`].
    ///
    /// # Errors
    /// [`ServiceError`], whose kind says what to do.
    pub async fn is_being_made(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        self.0.is_being_made(id).await
    }

    /// See [`MediaService::create`].
    ///
    /// # Errors
    /// [`ServiceError`], whose kind says what to do.
    pub async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        self.0.create(body).await
    }

    /// See [`MediaService::update`].
    ///
    /// # Errors
    /// [`ServiceError`], whose kind says what to do.
    pub async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        self.0.update(body).await
    }

    /// See [`MediaService::delete`].
    ///
    /// # Errors
    /// [`ServiceError`], whose kind says what to do.
    pub async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        self.0.delete(id).await
    }
}
