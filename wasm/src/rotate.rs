//! The JSON of RotateTunnelAccessToken and of the device's notification.

use alloc::format;
use alloc::vec::Vec;
use core::fmt::Display;

use iot_tunnel_core::Capacity;
use iot_tunnel_core::json::{
    BodyFault, MessageFault, NotificationRef, RotateRequestError, RotateRequestRef, RotateResponseRef,
};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::members::{Members, Texts};
use crate::words::Verdict;

/// Judges a request in JSON. `violations` gets two texts for each violation, the member and what it must be; none if the
/// request is valid.
#[wasm_bindgen(js_name = judgeRotateRequest)]
pub fn judge_rotate_request(json: &[u8], violations: &Texts) -> Verdict {
    let report = |member: &dyn Display, message: &dyn Display| {
        violations.push(&format!("{member}"));
        violations.push(&format!("{message}"));
    };
    match RotateRequestRef::check(json) {
        Ok(()) => Verdict::Valid,
        Err(RotateRequestError::Validation(broken)) => {
            broken.for_each(|violation| report(&violation.member, &violation.constraint));
            Verdict::Validation
        }
        Err(RotateRequestError::TooManyServices { .. }) => {
            report(&"destinationConfig.services", &Capacity::TooManyServices.text());
            Verdict::LimitExceeded
        }
        Err(RotateRequestError::Serialization(fault)) => {
            match fault {
                BodyFault::Unexpected(fault) => report(&fault.member, &fault),
                BodyFault::NotJson(fault) => report(&"", &fault),
            }
            Verdict::Serialization
        }
    }
}

/// Reads the answer to a rotation into `answer`: `tunnelArn`, and of each rotated side `sourceAccessToken` and
/// `destinationAccessToken`.
#[wasm_bindgen(js_name = rotateResponse)]
pub fn rotate_response(json: Vec<u8>, answer: &Members) -> Result<(), Fault> {
    let mut json = Zeroizing::new(json);
    RotateResponseRef::check(&json).map_err(refused)?;
    let response = RotateResponseRef::parse_in_place(&mut json)?;
    answer.text("tunnelArn", response.tunnel_arn());
    if let Some(token) = response.source_access_token() {
        answer.text("sourceAccessToken", token);
    }
    if let Some(token) = response.destination_access_token() {
        answer.text("destinationAccessToken", token);
    }
    Ok(())
}

/// Reads a notification into `notification`: `clientAccessToken`, `clientMode` and `region`; and its services.
#[wasm_bindgen]
pub fn notification(payload: Vec<u8>, notification: &Members, services: &Texts) -> Result<(), Fault> {
    let mut payload = Zeroizing::new(payload);
    NotificationRef::check(&payload).map_err(refused)?;
    let read = NotificationRef::parse_in_place(&mut payload)?;
    notification.text("clientAccessToken", read.client_access_token());
    notification.text("clientMode", read.client_mode().as_str());
    notification.text("region", read.region());
    read.services().iter().for_each(|service| services.push(service));
    Ok(())
}

/// The number says what kind of fault it is, the message says where.
fn refused(fault: MessageFault) -> Fault {
    Fault::new(fault.into(), &fault)
}
