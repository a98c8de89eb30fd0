//! The command line: reads the configuration, builds the parts, joins the routers.

mod arguments;
mod commands;
mod config;
mod folder;
mod housekeeping;
mod installation;
mod logging;
mod variables;

use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("formwright: {error}");
            ExitCode::FAILURE
        }
    }
}
