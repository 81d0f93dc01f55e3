//! Every case of the vector files: identifiers, requests, notifications, messages, scenarios. `make vectors` runs
//! this, and `IOT_TUNNEL_VECTORS` names another folder of the same shape.

mod ids;
mod messages;
mod notifications;
mod rotate_requests;
mod scenarios_service;
mod scenarios_table;
