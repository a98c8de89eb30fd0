//! Encryption on the way, by a certificate that the operator gives: TLS 1.3 and 1.2.

use arc_swap::ArcSwap;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

/// The certificate in use. New connections take the newest.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    now: ArcSwap<ServerConfig>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tls({})", self.certificate.display())
    }
}

impl Tls {
    /// Reads a certificate with those that vouch for it, and its private key, as PEM files.
    ///
    /// # Errors
    /// A sentence for the operator, with the file.
    pub fn load(certificate: &Path, key: &Path) -> Result<Tls, String> {
        let now = ArcSwap::from_pointee(read(certificate, key)?);
        Ok(Tls { certificate: certificate.to_path_buf(), key: key.to_path_buf(), now })
    }

    /// Reads the files again. Connections that are open stay as they are.
    ///
    /// # Errors
    /// As [`Tls::load`]; then the certificate in use stays.
    pub fn reload(&self) -> Result<(), String> {
        self.now.store(Arc::new(read(&self.certificate, &self.key)?));
        Ok(())
    }

    fn accept(&self, stream: TcpStream) -> Accept<TcpStream> {
        TlsAcceptor::from(self.now.load_full()).accept(stream)
    }
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, String> {
    let said = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect).map_err(|e| said(certificate, &e))?;
    if chain.is_empty() {
        return Err(said(certificate, &"there is no certificate in it"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| said(key, &e))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|e| said(key, &e))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// A connection, encrypted or not. The handshake is made when the connection is first read, so that a client that takes its
/// time holds up nobody else.
pub(crate) enum Wire {
    Plain(TcpStream),
    Shaking(Box<Accept<TcpStream>>),
    Tls(Box<TlsStream<TcpStream>>),
    /// The handshake failed.
    Gone,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, tls: Option<&Tls>) -> Wire {
        match tls {
            None => Wire::Plain(stream),
            Some(tls) => Wire::Shaking(Box::new(tls.accept(stream))),
        }
    }

    fn poll_shake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Wire::Shaking(accept) = self {
            match ready!(Pin::new(accept.as_mut()).poll(cx)) {
                Ok(stream) => *self = Wire::Tls(Box::new(stream)),
                Err(error) => {
                    *self = Wire::Gone;
                    tracing::debug!(%error, "no TLS");
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn gone<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_shake(cx))?;
        match &mut *self {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
            Wire::Shaking(_) | Wire::Gone => gone(),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_shake(cx))?;
        match &mut *self {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
            Wire::Shaking(_) | Wire::Gone => gone(),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_shake(cx))?;
        match &mut *self {
            Wire::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bytes),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(cx, bytes),
            Wire::Shaking(_) | Wire::Gone => gone(),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Wire::Shaking(_) | Wire::Gone => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            Wire::Shaking(_) | Wire::Gone => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_that_are_no_certificate_or_another_ones_key_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let one = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        let two = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        let certificate = write("one.pem", &one.cert.pem());
        let key = write("one.key", &one.signing_key.serialize_pem());
        let other = write("two.key", &two.signing_key.serialize_pem());
        let empty = write("empty.pem", "");
        let tls = Tls::load(&certificate, &key).unwrap();
        assert!(Tls::load(&certificate, &other).unwrap_err().contains("two.key"));
        assert!(Tls::load(&empty, &key).unwrap_err().contains("empty.pem"));
        assert!(Tls::load(&folder.path().join("none"), &key).unwrap_err().contains("none"));
        let before = Arc::as_ptr(&tls.now.load_full());
        std::fs::write(&key, "x").unwrap();
        assert!(tls.reload().is_err());
        assert_eq!(Arc::as_ptr(&tls.now.load_full()), before, "the certificate in use stays");
        std::fs::write(&certificate, two.cert.pem()).unwrap();
        std::fs::write(&key, two.signing_key.serialize_pem()).unwrap();
        tls.reload().unwrap();
        assert_ne!(Arc::as_ptr(&tls.now.load_full()), before);
    }
}
