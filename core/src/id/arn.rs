//! The grammar of a tunnel's ARN: how it is composed, and which tunnel it names.

use heapless::String;

use super::{InvalidText, Region, TextFault, TunnelArn, TunnelId};

/// What an ARN is made of.
fn parts<'a>(region: &'a Region, account: &'a str, id: &'a TunnelId) -> [&'a str; 8] {
    let partition = match region.as_str() {
        name if name.starts_with("cn-") => "aws-cn",
        name if name.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let (region, id) = (region.as_str(), id.as_str());
    ["arn:", partition, ":iot:", region, ":", account, ":tunnel/", id]
}

impl TunnelArn {
    /// Composes the ARN of a tunnel. `account` is the 12-digit account number; the partition follows the
    /// region (`aws-cn` for `cn-*`, `aws-us-gov` for `us-gov-*`, else `aws`).
    ///
    /// # Errors
    /// [`InvalidText`] if `account` is longer than an ARN leaves room for, or is not visible ASCII.
    pub fn of(region: &Region, account: &str, id: &TunnelId) -> Result<Self, InvalidText> {
        let length = Self::length_of(region, account, id)?;
        let mut text = String::new();
        for part in parts(region, account, id) {
            text.push_str(part).map_err(|_| too_long(length))?;
        }
        Ok(Self(text))
    }

    /// Composes it at the start of `buffer`, without 1600 bytes of its own; returns its length in bytes. If there is
    /// less room than that, nothing is written.
    ///
    /// # Errors
    /// As of [`of`](Self::of).
    pub fn write_of(
        region: &Region,
        account: &str,
        id: &TunnelId,
        buffer: &mut [u8],
    ) -> Result<usize, InvalidText> {
        let length = Self::length_of(region, account, id)?;
        if let Some(room) = buffer.get_mut(..length) {
            let bytes = parts(region, account, id).into_iter().flat_map(str::bytes);
            room.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
        }
        Ok(length)
    }

    /// The length of a valid ARN.
    fn length_of(region: &Region, account: &str, id: &TunnelId) -> Result<usize, InvalidText> {
        // The other parts hold no character that an ARN may not have.
        let wrong = account
            .chars()
            .position(|character| !character.is_ascii_graphic());
        let length = parts(region, account, id).iter().map(|part| part.len()).sum();
        match (length <= Self::RULE.max(), wrong) {
            (false, _) => Err(too_long(length)),
            (true, Some(_)) => Self::RULE.check(account).map(|()| length),
            (true, None) => Ok(length),
        }
    }

    /// The id of the tunnel it names, if it has the form `arn:…:iot:…:…:tunnel/<tunnelId>`.
    #[must_use]
    pub fn tunnel_id(&self) -> Option<TunnelId> {
        TunnelId::parse(Self::tunnel_id_in(self.as_str())?).ok()
    }

    /// What stands for the tunnel's id in a text of that form.
    #[must_use]
    pub fn tunnel_id_in(arn: &str) -> Option<&str> {
        let (_partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
        let (_region, rest) = rest.strip_prefix("iot:")?.split_once(':')?;
        let (_account, resource) = rest.split_once(':')?;
        resource.strip_prefix("tunnel/")
    }
}

fn too_long(characters: usize) -> InvalidText {
    InvalidText {
        rule: TunnelArn::RULE,
        fault: TextFault::Length { characters },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_its_tunnel() {
        let id = TunnelId::parse("a:b=c").unwrap();
        let arn = TunnelArn::of(&Region::parse("cn-north-1").unwrap(), "123456789012", &id).unwrap();
        assert_eq!(
            arn.as_str(),
            "arn:aws-cn:iot:cn-north-1:123456789012:tunnel/a:b=c"
        );
        assert_eq!(arn.tunnel_id(), Some(id));
        assert_eq!(
            TunnelArn::parse("arn:aws:iot:r:1:thing/x").unwrap().tunnel_id(),
            None
        );
        assert_eq!(TunnelArn::parse("x").unwrap().tunnel_id(), None);
    }

    #[test]
    fn an_arn_is_written_whole_or_not_at_all() {
        let (region, id) = (Region::parse("r").unwrap(), TunnelId::parse("t").unwrap());
        let arn = TunnelArn::of(&region, "1", &id).unwrap();
        for room in 0..40 {
            let mut buffer = std::vec![b'.'; room];
            assert_eq!(
                TunnelArn::write_of(&region, "1", &id, &mut buffer),
                Ok(arn.as_str().len())
            );
            match buffer.get(..arn.as_str().len()) {
                Some(written) => assert_eq!(written, arn.as_str().as_bytes()),
                None => assert!(buffer.iter().all(|byte| *byte == b'.')),
            }
        }
    }

    #[test]
    fn an_account_is_visible_and_leaves_room_for_the_rest() {
        let (region, id) = (Region::parse("r").unwrap(), TunnelId::parse("t").unwrap());
        let fault = |account: &str| TunnelArn::of(&region, account, &id).map_err(|invalid| invalid.fault);
        let room = TunnelArn::RULE.max() - TunnelArn::of(&region, "", &id).unwrap().as_str().len();
        assert!(fault(&"1".repeat(room)).is_ok());
        assert_eq!(
            fault(&"1".repeat(room + 1)),
            Err(TextFault::Length { characters: 1601 })
        );
        let (character, position) = (' ', 2);
        assert_eq!(fault("12 4"), Err(TextFault::Character { character, position }));
    }
}
