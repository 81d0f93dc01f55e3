//! `iot-tunnel`: AWS IoT Secure Tunneling on your own machine.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use iot_tunnel::localproxy::{self, Call, CommandLine};
use iot_tunnel::logging::Log;
use iot_tunnel::program::{Exit, Failure, print_ready, without_secrets};
use iot_tunnel::settings::LogFormat;
use iot_tunnel::{Service, Settings, agent, logging, proxy};
use tokio::runtime::Builder;
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
    Serve(Box<Settings>),
    /// Be one end of a tunnel: in place of the reference local proxy
    Proxy(Box<proxy::Settings>),
    /// Be a device's agent: hear of tunnels over MQTT and connect to them
    Agent(Box<agent::Settings>),
}

impl Command {
    /// What is logged, and how.
    fn log(&self) -> (&str, LogFormat) {
        match self {
            Self::Serve(settings) => (&settings.log, settings.log_format),
            Self::Proxy(settings) => (settings.shared.filter(), settings.shared.log_format),
            Self::Agent(settings) => (settings.shared.filter(), settings.shared.log_format),
        }
    }

    /// The service uses every core. A client is one task that hands bytes on: other threads would only have to be
    /// woken for it.
    fn runtime(&self) -> Builder {
        match self {
            Self::Serve(_) => Builder::new_multi_thread(),
            Self::Proxy(_) | Self::Agent(_) => Builder::new_current_thread(),
        }
    }

    async fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Serve(settings) => serve(settings).await.map_err(|error| Failure {
                exit: Exit::Failed,
                text: error.to_string(),
            }),
            Self::Proxy(settings) => proxy::run(settings).await,
            Self::Agent(settings) => agent::run(settings).await,
        }
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    if arguments
        .next()
        .is_some_and(|program| localproxy::is_called(&program))
    {
        return as_localproxy(arguments);
    }
    let arguments = Arguments::try_parse().unwrap_or_else(|error| without_secrets(error).exit());
    let command = arguments.command;
    let (filter, format) = command.log();
    let log = match logging::start(filter, format) {
        Ok(log) => log,
        Err(error) => {
            eprintln!("error: {error}");
            return Exit::Usage.into();
        }
    };
    match run(&command, &log) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => failure.exit.into(),
    }
}

/// The command line of the reference local proxy.
fn as_localproxy(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let line = match CommandLine::read(arguments) {
        Ok(line) => line,
        Err(code) => return code.into(),
    };
    let log = match logging::start(line.filter(), LogFormat::Text) {
        Ok(log) => log,
        Err(error) => {
            eprintln!("error: {error}");
            return Exit::Failed.into();
        }
    };
    match line.call() {
        Ok(Call::Done) => Exit::Done.into(),
        Ok(Call::Run(settings)) => match run(&Command::Proxy(settings), &log) {
            Ok(()) => Exit::Done.into(),
            Err(failure) => localproxy::exit_code(&failure).into(),
        },
        Err(code) => code.into(),
    }
}

/// Runs a command to its end, and prints why if that is not as asked for.
fn run(command: &Command, log: &Log) -> Result<(), Failure> {
    let runtime = command.runtime().enable_all().build().map_err(|error| Failure {
        exit: Exit::Failed,
        text: error.to_string(),
    });
    let ended = runtime.and_then(|runtime| {
        let ended = runtime.block_on(command.run());
        // What still waits for a name or a disk must not hold up the end.
        runtime.shutdown_background();
        ended
    });
    ended.inspect_err(|failure| {
        // Not past the log: a stderr that takes nothing must not keep the program from ending.
        log.print(&format!("error: {failure}\nnext: {}", failure.exit.next()));
    })
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
        print_ready(ready)?;
    } else if ready.console.is_some() {
        tracing::warn!("the console's link, which has its key, is printed with --ready only");
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
