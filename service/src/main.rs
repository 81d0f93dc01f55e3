//! `iot-tunnel`: AWS IoT Secure Tunneling on your own machine.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use iot_tunnel::{Service, Settings, logging};
use tokio::signal::unix::{SignalKind, signal};

/// AWS IoT Secure Tunneling on your own machine.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API to AWS clients, and notify devices over MQTT
    Serve(Settings),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve(settings) = Arguments::parse().command;
    if let Err(error) = logging::start(&settings.log, settings.log_format) {
        eprintln!("error: {error}");
        return ExitCode::from(2);
    }
    match serve(&settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(settings: &Settings) -> Result<(), Box<dyn std::error::Error>> {
    // Before anything listens: a signal from then on is an orderly stop.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let service = Service::start(settings).await?;
    let ready = service.ready();
    tracing::info!(
        control = ready.control,
        data = ready.data,
        mqtt = ready.mqtt,
        region = ready.region,
        "serving"
    );
    if settings.ready {
        let mut stdout = io::stdout().lock();
        let line = serde_json::to_string(ready)?;
        writeln!(stdout, "{line}")
            .and_then(|()| stdout.flush())
            .map_err(|error| {
                io::Error::new(error.kind(), format!("--ready cannot write to stdout: {error}"))
            })?;
    }
    let mut signalled = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    signalled().await;
    tracing::info!("stopping: what is under way is finished first; a second signal ends it at once");
    tokio::select! {
        () = service.stop() => Ok(()),
        () = signalled() => Err("ended by a second signal, before everything under way was finished".into()),
    }
}
