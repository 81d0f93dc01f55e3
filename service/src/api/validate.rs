//! The constraints of the API on members (control-plane.md, "Constraints"): every violation is found and reported.

use std::collections::HashSet;

use iot_tunnel_core::json::{Constraint, Path, RotateRequestError, ValidationMessage, Violation};
use iot_tunnel_core::{DestinationConfig, InvalidText, Lifetime, ServiceId, ThingName, TunnelId};
use unicode_general_category::{GeneralCategory as Category, get_general_category};

use super::body::{DestinationConfigBody, Object, TagBody, TimeoutConfigBody};
use super::exception::{Exception, ExceptionKind};
use crate::record::Tag;
use crate::tunnels::MAX_TAGS;

const MAX_DESCRIPTION: usize = 2048;
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;
const MAX_RESOURCE_ARN: usize = 1011;
const MAX_NEXT_TOKEN: usize = 4096;
/// ListTunnels: the most, and the default.
const MAX_RESULTS: i64 = 100;

/// Collects violations while members are turned into values. Values are only handed out by
/// [`finish`](Self::finish), once there is no violation.
#[derive(Default)]
pub(super) struct Validation<'a> {
    violations: Vec<Violation<'a>>,
}

impl<'a> Validation<'a> {
    /// The value, unless something was violated.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Exception> {
        match value {
            Some(value) if self.violations.is_empty() => Ok(value),
            _ => Err(ExceptionKind::Validation.because(ValidationMessage(&self.violations).to_string())),
        }
    }

    fn violated(&mut self, path: impl Into<Path<'a>>, constraint: Constraint<'a>) {
        self.violations.push(Violation::of(path, constraint));
    }

    fn violated_by(&mut self, path: impl Into<Path<'a>>, constraint: Constraint<'a>, value: &'a str) {
        self.violations.push(Violation::of(path, constraint).with(value));
    }

    /// A required member.
    fn required<T>(&mut self, path: impl Into<Path<'a>>, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.violated(path, Constraint::NotNull);
        }
        value
    }

    fn text<T>(
        &mut self,
        path: impl Into<Path<'a>>,
        value: &'a str,
        parse: impl FnOnce(&str) -> Result<T, InvalidText>,
    ) -> Option<T> {
        parse(value)
            .map_err(|invalid| self.violated_by(path, Constraint::Rule(invalid), value))
            .ok()
    }

    /// A text of `least` to `most` characters, all of them allowed.
    fn free_text(
        &mut self,
        path: Path<'a>,
        value: &'a str,
        (least, most): (usize, usize),
        pattern: &'static str,
        allows: fn(char) -> bool,
    ) -> Option<&'a str> {
        let before = self.violations.len();
        match value.chars().count() {
            length if length < least => self.violated_by(path, Constraint::LengthAtLeast(least), value),
            length if length > most => self.violated_by(path, Constraint::LengthAtMost(most), value),
            _ => {}
        }
        if !value.chars().all(allows) {
            self.violated_by(path, Constraint::Pattern(pattern), value);
        }
        (self.violations.len() == before).then_some(value)
    }

    pub(super) fn tunnel_id(&mut self, value: Option<&'a str>) -> Option<TunnelId> {
        let value = self.required("tunnelId", value)?;
        self.text("tunnelId", value, TunnelId::parse)
    }

    pub(super) fn thing_name(
        &mut self,
        path: &'static str,
        value: Option<&'a str>,
    ) -> Option<Option<ThingName>> {
        value
            .map(|value| self.text(path, value, ThingName::parse))
            .map_or(Some(None), |name| name.map(Some))
    }

    pub(super) fn description(&mut self, value: Option<&'a str>) -> Option<String> {
        let allows = |character| !is_other(character);
        let path = Path::of("description");
        self.free_text(path, value?, (1, MAX_DESCRIPTION), r"[^\p{C}]{1,2048}", allows)
            .map(str::to_owned)
    }

    pub(super) fn lifetime(&mut self, config: Option<&TimeoutConfigBody>) -> Lifetime {
        const PATH: &str = "timeoutConfig.maxLifetimeTimeoutMinutes";
        let Some(minutes) = config.and_then(|config| config.max_lifetime_timeout_minutes) else {
            return Lifetime::default();
        };
        let (least, most) = (i64::from(Lifetime::MIN_MINUTES), i64::from(Lifetime::MAX_MINUTES));
        if let Some(lifetime) = u32::try_from(minutes)
            .ok()
            .and_then(|minutes| Lifetime::from_minutes(minutes).ok())
        {
            return lifetime;
        }
        let constraint = if minutes < least {
            Constraint::ValueAtLeast(least)
        } else {
            Constraint::ValueAtMost(most)
        };
        self.violations
            .push(Violation::of(PATH, constraint).with(minutes));
        Lifetime::default()
    }

    /// The names of a destination config. How many services there may be is a quota and is judged afterwards.
    pub(super) fn destination(
        &mut self,
        config: &'a DestinationConfigBody,
    ) -> Option<(Option<ThingName>, Vec<ServiceId>)> {
        const SERVICES: &str = "destinationConfig.services";
        let thing_name = self.thing_name("destinationConfig.thingName", config.thing_name.as_deref());
        let services = self.required(SERVICES, config.services.as_ref())?;
        if services.is_empty() {
            self.violated(SERVICES, Constraint::LengthAtLeast(1));
        }
        let names: Vec<_> = (1..)
            .zip(services)
            .filter_map(|(position, service)| {
                let path = Path::of(SERVICES).element(position);
                let service = self.required(path, service.as_deref())?;
                self.text(path, service, ServiceId::parse)
            })
            .collect();
        Some((thing_name?, names))
    }

    pub(super) fn tags(&mut self, tags: &'a [Option<Object<TagBody>>]) -> Vec<Tag> {
        if tags.is_empty() {
            self.violated("tags", Constraint::LengthAtLeast(1));
        }
        if tags.len() > MAX_TAGS {
            self.violated("tags", Constraint::LengthAtMost(MAX_TAGS));
        }
        let mut valid = Vec::new();
        // A body can bring tens of thousands before their number is refused: no search of a list for each.
        let mut keys = HashSet::new();
        for (position, tag) in (1..).zip(tags) {
            let path = Path::of("tags").element(position);
            let Some(tag) = self.required(path, tag.as_ref()) else {
                continue;
            };
            let key = self.required(path.member("key"), tag.key.as_deref());
            let value = self.required(path.member("value"), tag.value.as_deref());
            let key = key.and_then(|key| self.tag_key(path.member("key"), key));
            let value = value.and_then(|value| {
                let pattern = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}";
                self.free_text(
                    path.member("value"),
                    value,
                    (0, MAX_TAG_VALUE),
                    pattern,
                    is_of_tag,
                )
            });
            if let (Some(key), Some(value)) = (key, value) {
                if !keys.insert(key) {
                    self.violated_by(path.member("key"), Constraint::Unique, key);
                }
                valid.push(Tag {
                    key: key.to_owned(),
                    value: value.to_owned(),
                });
            }
        }
        valid
    }

    pub(super) fn tag_keys(&mut self, keys: Option<&'a Vec<Option<String>>>) -> Vec<String> {
        let Some(keys) = self.required("tagKeys", keys) else {
            return Vec::new();
        };
        if keys.len() > MAX_TAGS {
            self.violated("tagKeys", Constraint::LengthAtMost(MAX_TAGS));
        }
        (1..)
            .zip(keys)
            .filter_map(|(position, key)| {
                let path = Path::of("tagKeys").element(position);
                let key = self.required(path, key.as_deref())?;
                self.tag_key(path, key).map(str::to_owned)
            })
            .collect()
    }

    fn tag_key(&mut self, path: Path<'a>, key: &'a str) -> Option<&'a str> {
        self.free_text(
            path,
            key,
            (1, MAX_TAG_KEY),
            r"[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}",
            is_of_tag,
        )
    }

    pub(super) fn required_tags(&mut self, tags: Option<&'a Vec<Option<Object<TagBody>>>>) -> Vec<Tag> {
        self.required("tags", tags)
            .map(|tags| self.tags(tags))
            .unwrap_or_default()
    }

    pub(super) fn resource_arn(&mut self, value: Option<&'a str>) -> Option<&'a str> {
        let value = self.required("resourceArn", value)?;
        self.free_text(Path::of("resourceArn"), value, (1, MAX_RESOURCE_ARN), "", |_| {
            true
        })
    }

    pub(super) fn max_results(&mut self, value: Option<i64>) -> usize {
        let value = value.unwrap_or(MAX_RESULTS);
        match usize::try_from(value) {
            Ok(results) if (1..=MAX_RESULTS).contains(&value) => results,
            _ => {
                let least = Constraint::ValueAtLeast(1);
                let constraint = if value < 1 {
                    least
                } else {
                    Constraint::ValueAtMost(MAX_RESULTS)
                };
                self.violations
                    .push(Violation::of("maxResults", constraint).with(value));
                0
            }
        }
    }

    pub(super) fn next_token(&mut self, value: Option<&'a str>) -> Option<&'a str> {
        let allows =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '=' | '-');
        let path = Path::of("nextToken");
        self.free_text(
            path,
            value?,
            (1, MAX_NEXT_TOKEN),
            "[a-zA-Z0-9_=-]{1,4096}",
            allows,
        )
    }
}

/// Puts a destination config together; more than 3 services are a quota exceeded, not a violation (ours).
pub(super) fn destination_config(
    (thing_name, services): (Option<ThingName>, Vec<ServiceId>),
) -> Result<DestinationConfig, Exception> {
    DestinationConfig::new(thing_name, &services).map_err(|_| {
        let error = RotateRequestError::TooManyServices {
            given: services.len(),
        };
        ExceptionKind::LimitExceeded.because(error.to_string())
    })
}

/// Unicode category C: control, format, surrogate, private use, unassigned.
fn is_other(character: char) -> bool {
    matches!(
        get_general_category(character),
        Category::Control
            | Category::Format
            | Category::Surrogate
            | Category::PrivateUse
            | Category::Unassigned
    )
}

/// Letters, separators, digits and `_.:/=+-@`.
fn is_of_tag(character: char) -> bool {
    use Category as C;
    matches!(character, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
        || matches!(
            get_general_category(character),
            C::UppercaseLetter
                | C::LowercaseLetter
                | C::TitlecaseLetter
                | C::ModifierLetter
                | C::OtherLetter
                | C::SpaceSeparator
                | C::LineSeparator
                | C::ParagraphSeparator
                | C::DecimalNumber
                | C::LetterNumber
                | C::OtherNumber
        )
}
