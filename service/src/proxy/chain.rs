//! Where AWS's own tools find credentials and a region, when the environment does not hold them.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tokio::time::timeout;

use crate::program::unwrapped;

/// Longest search for credentials (ours): a program that `credential_process` names may ask a person first.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(60);

/// Where credentials are looked for, for people.
const LOOKED_FOR: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or have a profile (AWS_PROFILE) in ~/.aws/config or \
                          ~/.aws/credentials, or a role of the container or instance";

/// Profiles, SSO, `credential_process`, web identity, and the roles of containers and instances: aws-config's default chain.
pub(super) struct Chain {
    provider: Option<SharedCredentialsProvider>,
    /// The profile's region, or the instance's.
    pub(super) region: Option<String>,
    /// The profile's `endpoint_url`.
    pub(super) endpoint: Option<String>,
}

/// Why there are no credentials. It shows none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChainError {
    /// Nothing is configured.
    #[error("there are no AWS credentials: {LOOKED_FOR}")]
    None,
    /// What was asked gives none.
    #[error("there are no AWS credentials: {LOOKED_FOR}; the last source that was tried reported: {0}")]
    Failed(String),
    /// It takes too long.
    #[error("the AWS credentials were not there within {} seconds", SEARCH_TIMEOUT.as_secs())]
    Timeout,
}

impl Chain {
    /// Reads the profile files, and asks for the region. Credentials are asked for when they are needed, each time anew:
    /// those of a role last for an hour or less.
    pub(super) async fn load() -> Self {
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .load()
            .await;
        let text = |text: &str| Some(unwrapped(text).to_owned()).filter(|text| !text.is_empty());
        Self {
            provider: config.credentials_provider(),
            region: config.region().and_then(|region| text(region.as_ref())),
            endpoint: config.endpoint_url().and_then(text),
        }
    }

    /// The credentials as they are now.
    pub(super) async fn credentials(&self) -> Result<Credentials, ChainError> {
        let provider = self.provider.as_ref().ok_or(ChainError::None)?;
        match timeout(SEARCH_TIMEOUT, provider.provide_credentials()).await {
            Err(_) => Err(ChainError::Timeout),
            Ok(Ok(credentials)) => Ok(credentials),
            Ok(Err(CredentialsError::CredentialsNotLoaded(_))) => Err(ChainError::None),
            Ok(Err(error)) => Err(ChainError::Failed(causes(&error))),
        }
    }
}

/// An error with what it was caused by: the outermost text alone says little.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
