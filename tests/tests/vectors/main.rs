//! Every case of the vector files that is about rotation: identifiers, requests, notifications, scenarios. `make vectors` runs this, and
//! `IOT_TUNNEL_VECTORS` names another folder of the same shape.

mod ids;
mod notifications;
mod rotate_requests;
mod scenarios_service;
mod scenarios_table;
