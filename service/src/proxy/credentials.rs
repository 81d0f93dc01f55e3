//! What the environment says of AWS: credentials, region, endpoint.

use std::path::PathBuf;

use aws_credential_types::Credentials;
use iot_tunnel_core::handshake::Endpoint;
use iot_tunnel_core::{Region, TunnelId};
use url::Url;

use super::chain::{Chain, ChainError};
use super::rotation::Rotator;
use crate::client::{Dialer, HttpProxy, Target, Trust};
use crate::program::{Exit, Failure, unwrapped};

/// The variables that AWS's own clients read. A value that is empty counts as none.
pub(super) struct Environment {
    pub(super) region: Option<Region>,
    credentials: Option<Credentials>,
    endpoint: Option<String>,
    ca_bundle: Option<PathBuf>,
}

impl Environment {
    pub(super) fn read() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// As the variables of that function have it.
    pub(super) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| {
            let value = variable(name).map(|value| unwrapped(&value).to_owned());
            value.filter(|value| !value.is_empty())
        };
        let first = |names: [&str; 2]| names.into_iter().find_map(&variable);
        let region = first(["AWS_REGION", "AWS_DEFAULT_REGION"]);
        let credentials = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
        Self {
            region: region.and_then(|text| Region::parse(&text).ok()),
            credentials: credentials.map(|(id, secret)| {
                Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment")
            }),
            endpoint: first(["AWS_ENDPOINT_URL_IOTSECURETUNNELING", "AWS_ENDPOINT_URL"]),
            ca_bundle: variable("AWS_CA_BUNDLE").map(PathBuf::from),
        }
    }

    /// What rotates the source token of a tunnel. What the environment lacks is looked for where AWS's tools look.
    pub(super) async fn rotator(
        &self,
        tunnel_id: TunnelId,
        region: Option<Region>,
    ) -> Result<Rotator, Failure> {
        let usage = |text: String| Failure::new(Exit::Usage, format!("--tunnel-id: {text}"));
        let (mut region, mut endpoint) = (region, self.endpoint.clone());
        let source = match (&self.credentials, &region) {
            (Some(credentials), Some(_)) => Source::Fixed(credentials.clone()),
            (credentials, _) => {
                let chain = Chain::load().await;
                region = region.or_else(|| Region::parse(chain.region.as_deref()?).ok());
                endpoint = endpoint.or_else(|| chain.endpoint.clone());
                match credentials {
                    Some(credentials) => Source::Fixed(credentials.clone()),
                    None => {
                        // Better now than at the first refused token.
                        chain
                            .credentials()
                            .await
                            .map_err(|error| usage(error.to_string()))?;
                        Source::Chain(chain)
                    }
                }
            }
        };
        let region = region.ok_or_else(|| {
            usage(
                "the region is not known: give --region, or set AWS_REGION, or region in the profile"
                    .to_owned(),
            )
        })?;
        let target = match &endpoint {
            Some(url) => api(url).map_err(|why| usage(format!("the endpoint of AWS_ENDPOINT_URL: {why}")))?,
            None => aws_api(&region).map_err(|error| usage(error.to_string()))?,
        };
        let trust = self.ca_bundle.clone().map_or(Trust::System, Trust::Roots);
        let proxy = match target.tls() {
            true => HttpProxy::from_environment(target.endpoint())
                .map_err(|error| usage(format!("HTTPS_PROXY: {error}")))?,
            false => None,
        };
        let dialer = Dialer::new(target, &trust, proxy).map_err(|error| Failure::new(Exit::Failed, error))?;
        Ok(Rotator::new(dialer, source, region, tunnel_id))
    }
}

/// Where credentials come from.
pub(super) enum Source {
    /// The environment: they stay as they are.
    Fixed(Credentials),
    /// Elsewhere, at each use anew.
    Chain(Chain),
}

impl Source {
    /// The credentials as they are now.
    pub(super) async fn credentials(&self) -> Result<Credentials, ChainError> {
        match self {
            Self::Fixed(credentials) => Ok(credentials.clone()),
            Self::Chain(chain) => chain.credentials().await,
        }
    }
}

/// The API of AWS in a region (control-plane.md, "The wire").
fn aws_api(region: &Region) -> Result<Target, crate::client::TargetError> {
    let suffix = if region.as_str().starts_with("cn-") {
        ".cn"
    } else {
        ""
    };
    format!("api.tunneling.iot.{region}.amazonaws.com{suffix}").parse()
}

/// Another API, by its URL. A text without a scheme is of https.
fn api(url: &str) -> Result<Target, String> {
    let url = match url.contains("://") {
        true => url.to_owned(),
        false => {
            tracing::info!(endpoint = url, "AWS_ENDPOINT_URL has no scheme: https is assumed");
            format!("https://{url}")
        }
    };
    let url = Url::parse(&url).map_err(|error| error.to_string())?;
    let tls = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err("the scheme is https or http".to_owned()),
    };
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err("nothing follows the port".to_owned());
    }
    let port = url.port_or_known_default().unwrap_or(443);
    let endpoint = Endpoint::parse(&format!("{}:{port}", url.host_str().unwrap_or_default()))
        .map_err(|error| error.to_string())?;
    Ok(if tls {
        Target::wss(endpoint)
    } else {
        Target::ws(endpoint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &'static [(&str, &str)]) -> Environment {
        Environment::of(|name| {
            let mut variables = variables.iter();
            variables
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn credentials_of_the_environment_are_both_or_none_without_what_copying_leaves() {
        assert!(environment(&[]).credentials.is_none());
        const HALF: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "")];
        assert!(environment(&HALF).credentials.is_none());
        let whole = environment(&[
            ("AWS_ACCESS_KEY_ID", " AKID\r\n"),
            ("AWS_SECRET_ACCESS_KEY", "\"hunter2\""),
            ("AWS_REGION", "eu-west-1\n"),
        ]);
        let credentials = whole.credentials.expect("credentials");
        assert_eq!(
            (credentials.access_key_id(), credentials.secret_access_key()),
            ("AKID", "hunter2")
        );
        assert_eq!(
            whole.region.map(|region| region.to_string()).as_deref(),
            Some("eu-west-1")
        );
    }

    #[test]
    fn the_endpoint_is_the_services_own_then_the_general_then_that_of_the_region() {
        let shown = |url: &str| api(url).map(|target| target.to_string());
        assert_eq!(shown("http://127.0.0.1:8460"), Ok("ws://127.0.0.1:8460".into()));
        assert_eq!(shown("http://[::1]/"), Ok("ws://[::1]:80".into()));
        assert_eq!(shown("https://api.example"), Ok("wss://api.example:443".into()));
        assert_eq!(shown("api.example:8443"), Ok("wss://api.example:8443".into()));
        assert_eq!(shown("localhost"), Ok("wss://localhost:443".into()));
        assert!(shown("ftp://api.example").is_err());
        assert!(shown("https://api.example/path").is_err());
        for (region, host) in [
            ("eu-west-1", "wss://api.tunneling.iot.eu-west-1.amazonaws.com:443"),
            (
                "cn-north-1",
                "wss://api.tunneling.iot.cn-north-1.amazonaws.com.cn:443",
            ),
        ] {
            let region = Region::parse(region).expect("a region");
            assert_eq!(aws_api(&region).expect("a target").to_string(), host);
        }
        let both = environment(&[
            ("AWS_ENDPOINT_URL", "http://general"),
            ("AWS_ENDPOINT_URL_IOTSECURETUNNELING", "http://own"),
        ]);
        assert_eq!(both.endpoint.as_deref(), Some("http://own"));
    }
}
