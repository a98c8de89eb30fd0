//! What can be said on the command line. Every command takes `--data` and `--database-url`, before or after its name.

use crate::config::Source;
use clap::{Args, Parser, Subcommand};
use formwright_server::TestClock;
use std::path::PathBuf;

/// A no-code business platform in one binary.
#[derive(Debug, Parser)]
#[command(name = "formwright", version, about, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Which installation is meant.
#[derive(Debug, Args)]
pub struct Place {
    /// Folder of files, keys and, on SQLite, the database
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// PostgreSQL instead of SQLite: postgres://user@host/database
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Settings file instead of ./formwright.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the installation (what happens without a command)
    Serve(Serve),
    /// Publish an app's folder, or install a shipped app: what it says is what the app is afterwards
    Apply {
        /// The app's folder, or the name of a shipped app
        #[arg(value_name = "FOLDER|APP")]
        folder: PathBuf,
        /// Print what would be done, and do nothing
        #[arg(long)]
        plan: bool,
        /// Confirm every step
        #[arg(long)]
        yes: bool,
    },
    /// Write an app as a folder of JSON files
    Export {
        /// The app's name
        app: String,
        /// The folder
        folder: PathBuf,
    },
    /// Import a workbook or text file into a form, and wait for it
    Import(Import),
    /// Check an app's folder without an installation
    Check {
        /// The app's folder
        folder: PathBuf,
    },
    /// Add people and mend their accounts
    #[command(subcommand)]
    User(User),
    /// Make API tokens
    #[command(subcommand)]
    Token(Token),
    /// Write the whole installation into one file, while it is served
    Backup {
        file: PathBuf,
        /// Encrypt it under a passphrase: the first line of standard input, or FORMWRIGHT_BACKUP_PASSPHRASE
        #[arg(long)]
        passphrase: bool,
    },
    /// Make an installation of a backup
    Restore {
        file: PathBuf,
        /// It is encrypted: the passphrase is the first line of standard input, or FORMWRIGHT_BACKUP_PASSPHRASE
        #[arg(long)]
        passphrase: bool,
        /// The file of its key; otherwise it is looked for beside the data folder, in a backup under a passphrase, and where it
        /// lay when the backup was made
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// Let an installation that is there give way: its folder is renamed, its tables are removed
        #[arg(long)]
        replace: bool,
    },
    /// Look after the keys that encrypt
    #[command(subcommand)]
    Keys(Keys),
    /// Look for what is wrong with the installation
    Doctor,
    /// Check the audit log
    #[command(subcommand)]
    Audit(Audit),
}

#[derive(Debug, Default, Args)]
pub struct Serve {
    /// Address and port
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// The address under which people reach it: https://host/path
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Install the shipped apps with sample data and demo accounts
    #[arg(long)]
    pub demo: bool,
    /// Start with a clock that stands still until it is moved (loopback only)
    #[arg(long, value_name = "TIME")]
    pub test_clock: Option<TestClock>,
    /// Serve https with this certificate (PEM, with those that vouch for it); read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Listen beyond loopback without encryption
    #[arg(long)]
    pub insecure_http: bool,
}

#[derive(Debug, Args)]
pub struct Import {
    /// The form's name
    pub form: String,
    /// xlsx, xls, xlsb, ods, csv, tsv or txt
    pub file: PathBuf,
    /// A JSON file that says which column is which field
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Fields that name a record, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub key: Vec<String>,
    /// create, update or upsert
    #[arg(long, default_value = "create")]
    pub mode: String,
    /// Try everything and keep nothing
    #[arg(long)]
    pub dry_run: bool,
    /// All rows or none
    #[arg(long)]
    pub atomic: bool,
    /// The person whose import it is; he must be allowed to
    #[arg(long)]
    pub login: String,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a person; without a password an invitation link is printed
    Add {
        #[arg(long)]
        login: String,
        #[arg(long)]
        name: Option<String>,
        /// May be given several times
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// Name of a department
        #[arg(long)]
        department: Option<String>,
        /// en or zh-CN
        #[arg(long)]
        locale: Option<String>,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set a password, or print a link by which it can be set
    Password {
        #[arg(long)]
        login: String,
        #[arg(long)]
        password_stdin: bool,
    },
    /// Let a person in no more
    Disable {
        #[arg(long)]
        login: String,
    },
    /// Take away the second factor of a person who lost it; his sessions end
    ResetFactor {
        /// The person's login
        login: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token of a person and print it
    Add {
        #[arg(long)]
        login: String,
        #[arg(long)]
        name: String,
        /// read, write, design or form:NAME; may be given several times. Without: all that a program may do for the person, which
        /// is never to change people, passwords or tokens
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// Time at which it ends
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Say which keys there are and what they are needed for
    Status,
    /// Replace a key by a new one, while the installation is served
    #[command(subcommand)]
    Rotate(Rotate),
    /// Remove keys that nothing needs any more
    Prune,
}

#[derive(Debug, Subcommand)]
pub enum Rotate {
    /// The key of the key file, by which all others are wrapped
    Kek,
    /// The key of an encrypted field: its values and their history are encrypted anew
    Field {
        /// FORM.FIELD, or FORM.TABLE.COLUMN
        field: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Go through the whole chain
    Verify,
}

impl Place {
    /// What these options set.
    pub fn source(&self) -> Source {
        Source { data: self.data.clone(), database_url: self.database_url.clone(), ..Source::default() }
    }
}

impl Serve {
    /// What these options set, with those of the place.
    pub fn source(&self, place: &Place) -> Source {
        Source {
            listen: self.listen.clone(),
            base_url: self.base_url.clone(),
            demo: self.demo.then_some(true),
            insecure_http: self.insecure_http.then_some(true),
            tls_cert: self.tls_cert.clone(),
            tls_key: self.tls_key.clone(),
            ..place.source()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_place_may_stand_after_the_command() {
        let a = Arguments::try_parse_from([
            "formwright",
            "user",
            "add",
            "--login",
            "admin",
            "--password-stdin",
            "--role",
            "admin",
            "--data",
            "D",
            "--database-url",
            "postgres://x",
        ])
        .unwrap();
        assert_eq!(a.place.data, Some(PathBuf::from("D")));
        assert_eq!(a.place.database_url.as_deref(), Some("postgres://x"));
        let Some(Command::User(User::Add { login, roles, password_stdin, .. })) = a.command else { panic!() };
        assert_eq!((login.as_str(), roles, password_stdin), ("admin", vec!["admin".to_string()], true));
        let a = Arguments::try_parse_from(["formwright", "user", "reset-factor", "ann", "--data", "D"]).unwrap();
        assert!(matches!(a.command, Some(Command::User(User::ResetFactor { login })) if login == "ann"));
    }

    #[test]
    fn serving_is_what_happens_without_a_command_and_unknown_words_are_usage_errors() {
        assert!(Arguments::try_parse_from(["formwright", "--data", "D"]).unwrap().command.is_none());
        assert_eq!(Arguments::try_parse_from(["formwright", "serv"]).unwrap_err().exit_code(), 2);
        assert_eq!(
            Arguments::try_parse_from(["formwright", "serve", "--test-clock", "noon"]).unwrap_err().exit_code(),
            2
        );
    }
}
