//! What the operator has set: options before environment before `formwright.toml` before defaults.

use crate::variables::Variables;
use formwright_engine::Settings;
use formwright_server::ServerConfig;
use formwright_server::tls::Tls;
use formwright_server::units::{parse_duration, parse_size};
use formwright_store::Durability;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The settings of one source; what it does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub data: Option<PathBuf>,
    pub database_url: Option<String>,
    pub listen: Option<String>,
    #[serde(alias = "public_url")]
    pub base_url: Option<String>,
    pub insecure_http: Option<bool>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub demo: Option<bool>,
    pub demo_password: Option<String>,
    pub trusted_proxies: Option<Vec<String>>,
    pub metrics_token: Option<String>,
    pub frame_ancestors: Option<Vec<String>>,
    pub durability: Option<String>,
    pub password_min: Option<usize>,
    pub time_zone: Option<String>,
    pub log: Option<String>,
    pub log_format: Option<String>,
    #[serde(default)]
    pub session: SessionSource,
    #[serde(default)]
    pub files: FilesSource,
    #[serde(default)]
    pub imports: ImportsSource,
    #[serde(default)]
    pub backups: BackupsSource,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSource {
    pub idle: Option<String>,
    pub absolute: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesSource {
    pub max_size: Option<String>,
    pub encrypt: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportsSource {
    pub max_size: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupsSource {
    pub kept: Option<String>,
}

/// Everything set and checked.
#[derive(Debug)]
pub struct Config {
    pub database: Database,
    pub listen: SocketAddr,
    pub insecure_http: bool,
    pub demo: bool,
    /// Password of the demo accounts; made up where none is set.
    pub demo_password: Option<String>,
    pub settings: Settings,
    pub server: ServerConfig,
    pub log: String,
    pub log_json: bool,
    /// The environment as it was read.
    pub variables: Variables,
}

/// Where the records live.
#[derive(Debug)]
pub enum Database {
    /// A file in the data folder.
    Sqlite(PathBuf, Durability),
    Postgres(String),
}

impl Source {
    /// Reads `formwright.toml`.
    ///
    /// # Errors
    /// What cannot be read, with the place in the file.
    pub fn from_toml(text: &str) -> Result<Source, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// Reads `FORMWRIGHT_*` through `get`, which gives the value of a variable.
    ///
    /// # Errors
    /// A variable that cannot be read, by name.
    pub fn from_environment(get: &dyn Fn(&str) -> Option<String>) -> Result<Source, String> {
        let text = |name: &str| get(&format!("FORMWRIGHT_{name}")).filter(|v| !v.is_empty());
        let flag = |name: &str| -> Result<Option<bool>, String> {
            match text(name).as_deref() {
                None => Ok(None),
                Some("1" | "true" | "yes" | "on") => Ok(Some(true)),
                Some("0" | "false" | "no" | "off") => Ok(Some(false)),
                Some(other) => Err(format!("FORMWRIGHT_{name}: \"{other}\" is neither true nor false")),
            }
        };
        let list = |name: &str| {
            text(name).map(|t| t.split(',').map(|s| s.trim().to_string()).filter(|s| !s.is_empty()).collect())
        };
        let number = |name: &str| {
            text(name).map(|t| t.parse().map_err(|_| format!("FORMWRIGHT_{name}: \"{t}\" is no number"))).transpose()
        };
        Ok(Source {
            data: text("DATA").map(PathBuf::from),
            database_url: text("DATABASE_URL"),
            listen: text("LISTEN"),
            base_url: text("BASE_URL").or_else(|| text("PUBLIC_URL")),
            insecure_http: flag("INSECURE_HTTP")?,
            tls_cert: text("TLS_CERT").map(PathBuf::from),
            tls_key: text("TLS_KEY").map(PathBuf::from),
            demo: flag("DEMO")?,
            demo_password: text("DEMO_PASSWORD"),
            trusted_proxies: list("TRUSTED_PROXIES"),
            metrics_token: text("METRICS_TOKEN"),
            frame_ancestors: list("FRAME_ANCESTORS"),
            durability: text("DURABILITY"),
            password_min: number("PASSWORD_MIN")?,
            time_zone: text("TIME_ZONE"),
            log: text("LOG"),
            log_format: text("LOG_FORMAT"),
            session: SessionSource { idle: text("SESSION_IDLE"), absolute: text("SESSION_ABSOLUTE") },
            files: FilesSource { max_size: text("FILES_MAX_SIZE"), encrypt: flag("FILES_ENCRYPT")? },
            imports: ImportsSource { max_size: text("IMPORTS_MAX_SIZE") },
            backups: BackupsSource { kept: text("BACKUPS_KEPT") },
        })
    }

    /// What this source says, and where it is silent what `other` says.
    #[must_use]
    pub fn or(self, other: Source) -> Source {
        Source {
            data: self.data.or(other.data),
            database_url: self.database_url.or(other.database_url),
            listen: self.listen.or(other.listen),
            base_url: self.base_url.or(other.base_url),
            insecure_http: self.insecure_http.or(other.insecure_http),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            demo: self.demo.or(other.demo),
            demo_password: self.demo_password.or(other.demo_password),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            metrics_token: self.metrics_token.or(other.metrics_token),
            frame_ancestors: self.frame_ancestors.or(other.frame_ancestors),
            durability: self.durability.or(other.durability),
            password_min: self.password_min.or(other.password_min),
            time_zone: self.time_zone.or(other.time_zone),
            log: self.log.or(other.log),
            log_format: self.log_format.or(other.log_format),
            session: SessionSource {
                idle: self.session.idle.or(other.session.idle),
                absolute: self.session.absolute.or(other.session.absolute),
            },
            files: FilesSource {
                max_size: self.files.max_size.or(other.files.max_size),
                encrypt: self.files.encrypt.or(other.files.encrypt),
            },
            imports: ImportsSource { max_size: self.imports.max_size.or(other.imports.max_size) },
            backups: BackupsSource { kept: self.backups.kept.or(other.backups.kept) },
        }
    }

    /// Fills in the defaults and checks everything.
    ///
    /// # Errors
    /// The first setting that cannot be used, by name.
    pub fn resolve(self) -> Result<Config, String> {
        let data = self.data.unwrap_or_else(|| PathBuf::from("data"));
        let named = |name: &'static str| move |e: String| format!("{name}: {e}");
        let listen: SocketAddr = self
            .listen
            .as_deref()
            .unwrap_or("127.0.0.1:8080")
            .parse()
            .map_err(|_| "listen: write address:port, such as 127.0.0.1:8080".to_string())?;
        let durability = match self.durability.as_deref() {
            None | Some("full") => Durability::Full,
            Some("process") => Durability::Normal,
            Some(other) => return Err(format!("durability: \"{other}\" is neither full nor process")),
        };
        let database = match self.database_url {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => Database::Postgres(url),
            Some(_) => {
                return Err(
                    "database_url: only postgres://… is known; without it the data folder holds the database".into()
                );
            }
            None => Database::Sqlite(data.join("formwright.db"), durability),
        };
        let base_url = self
            .base_url
            .map(|u| u.parse::<formwright_server::address::BaseUrl>())
            .transpose()
            .map_err(named("base_url"))?;
        let tls = match (self.tls_cert, self.tls_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(Tls::load(&certificate, &key).map_err(named("tls"))?),
            (Some(_), None) => return Err("tls_key: a certificate needs its key".into()),
            (None, Some(_)) => return Err("tls_cert: a key needs its certificate".into()),
        };
        if tls.is_some() && base_url.as_ref().is_some_and(|base| !base.is_secure()) {
            return Err("base_url: with a certificate it begins with https://".into());
        }
        let trusted_proxies = self
            .trusted_proxies
            .unwrap_or_default()
            .iter()
            .map(|n| n.parse())
            .collect::<Result<Vec<_>, String>>()
            .map_err(named("trusted_proxies"))?;
        let mut settings = Settings { data, base_url: base_url.as_ref().map(|b| b.url("")), ..Settings::default() };
        if let Some(least) = self.password_min {
            if least < 8 {
                return Err("password_min: at least 8".into());
            }
            settings.password_min = least;
        }
        if let Some(text) = &self.session.idle {
            settings.session_idle = parse_duration(text).map_err(named("session.idle"))?;
        }
        if let Some(text) = &self.session.absolute {
            settings.session_absolute = parse_duration(text).map_err(named("session.absolute"))?;
        }
        if let Some(text) = &self.files.max_size {
            settings.files_max_size = parse_size(text).map_err(named("files.max_size"))?;
        }
        if let Some(encrypt) = self.files.encrypt {
            settings.files_encrypt = encrypt;
        }
        if let Some(text) = &self.imports.max_size {
            settings.imports_max_size = parse_size(text).map_err(named("imports.max_size"))?;
        }
        if let Some(text) = &self.backups.kept {
            settings.backups_kept = parse_duration(text).map_err(named("backups.kept"))?;
        }
        if let Some(text) = &self.time_zone {
            settings.time_zone =
                text.parse().map_err(|_| format!("time_zone: \"{text}\" is no zone such as Asia/Shanghai"))?;
        }
        let log_json = match self.log_format.as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(other) => return Err(format!("log_format: \"{other}\" is neither text nor json")),
        };
        Ok(Config {
            database,
            listen,
            insecure_http: self.insecure_http.unwrap_or(false),
            demo: self.demo.unwrap_or(false),
            demo_password: self.demo_password,
            settings,
            server: ServerConfig {
                base_url,
                trusted_proxies,
                metrics_token: self.metrics_token,
                frame_ancestors: self.frame_ancestors.unwrap_or_default(),
                tls: tls.map(Arc::new),
            },
            log: self.log.unwrap_or_else(|| "info".into()),
            log_json,
            variables: Variables::default(),
        })
    }
}

/// Reads all sources: the options of the command line, the environment, and the file named or the one in the working folder.
///
/// # Errors
/// What cannot be read or used, by name.
pub fn load(options: Source, file: Option<&Path>) -> Result<Config, String> {
    let variables = Variables::default();
    let environment = Source::from_environment(&|name| variables.get(name))?;
    let named = file.map(Path::to_path_buf).or_else(|| std::env::var_os("FORMWRIGHT_CONFIG").map(PathBuf::from));
    let path = named.clone().unwrap_or_else(|| PathBuf::from("formwright.toml"));
    let from_file = match std::fs::read_to_string(&path) {
        Ok(text) => Source::from_toml(&text).map_err(|e| format!("{}: {e}", path.display()))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && named.is_none() => Source::default(),
        Err(e) => return Err(format!("{}: {e}", path.display())),
    };
    Ok(Config { variables, ..options.or(environment).or(from_file).resolve()? })
}

impl Config {
    /// Refuses to listen where passwords would cross a network in the clear.
    ///
    /// # Errors
    /// A sentence with the ways out.
    pub fn check_listener(&self) -> Result<(), String> {
        let safe = self.listen.ip().is_loopback()
            || self.server.tls.is_some()
            || self.insecure_http
            || !self.server.trusted_proxies.is_empty();
        if safe {
            return Ok(());
        }
        Err(format!(
            "{} can be reached from outside and is not encrypted. Give it a certificate (--tls-cert, --tls-key), put a proxy with TLS before it and name it in trusted_proxies, or say --insecure-http",
            self.listen
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn environment(pairs: &'static [(&'static str, &'static str)]) -> Source {
        Source::from_environment(&|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string())).unwrap()
    }

    #[test]
    fn options_win_over_the_environment_and_the_environment_over_the_file() {
        let file = Source::from_toml("listen = \"127.0.0.1:1\"\ndata = \"file\"\npassword_min = 15\n[session]\nidle = \"2h\"\nabsolute = \"3d\"\n").unwrap();
        let environment = environment(&[
            ("FORMWRIGHT_LISTEN", "127.0.0.1:2"),
            ("FORMWRIGHT_DATA", "environment"),
            ("FORMWRIGHT_SESSION_IDLE", "1h"),
        ]);
        let options = Source { listen: Some("127.0.0.1:3".into()), ..Source::default() };
        let config = options.or(environment).or(file).resolve().unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.settings.data, PathBuf::from("environment"));
        assert_eq!(config.settings.password_min, 15);
        assert_eq!(config.settings.session_idle, parse_duration("1h").unwrap());
        assert_eq!(config.settings.session_absolute, parse_duration("3d").unwrap());
    }

    #[test]
    fn without_settings_it_is_a_local_server_on_sqlite() {
        let config = Source::default().resolve().unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert!(
            matches!(&config.database, Database::Sqlite(path, Durability::Full) if path.ends_with("data/formwright.db"))
        );
        assert!(config.check_listener().is_ok());
    }

    #[test]
    fn an_open_listener_needs_a_proxy_or_a_word() {
        let of = |text: &str| Source::from_toml(text).unwrap().resolve().unwrap().check_listener();
        assert!(of("listen = \"0.0.0.0:80\"").is_err());
        assert!(of("listen = \"0.0.0.0:80\"\ninsecure_http = true").is_ok());
        assert!(of("listen = \"0.0.0.0:80\"\ntrusted_proxies = [\"10.0.0.1\"]").is_ok());
        assert!(of("listen = \"[::1]:80\"").is_ok());
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        let cases = [
            ("listen = \"8080\"", "listen"),
            ("database_url = \"mysql://x\"", "database_url"),
            ("base_url = \"crm\"", "base_url"),
            ("trusted_proxies = [\"x\"]", "trusted_proxies"),
            ("durability = \"none\"", "durability"),
            ("password_min = 6", "password_min"),
            ("time_zone = \"Mars\"", "time_zone"),
            ("tls_cert = \"a.pem\"", "tls_key"),
            ("tls_key = \"a.key\"", "tls_cert"),
            ("tls_cert = \"/none/a.pem\"\ntls_key = \"a.key\"", "tls: /none/a.pem"),
            ("[session]\nidle = \"x\"", "session.idle"),
            ("[files]\nmax_size = \"x\"", "files.max_size"),
            ("[imports]\nmax_size = \"x\"", "imports.max_size"),
        ];
        for (text, name) in cases {
            let error = Source::from_toml(text).unwrap().resolve().unwrap_err();
            assert!(error.starts_with(name), "{text}: {error}");
        }
        assert!(Source::from_toml("lisen = \"x\"").unwrap_err().contains("lisen"));
        assert!(Source::from_environment(&|n| (n == "FORMWRIGHT_DEMO").then(|| "maybe".to_string())).is_err());
    }
}
