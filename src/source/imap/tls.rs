//! Whom to trust: the authorities of the system, or those of `--ca FILE`.
//!
//! In: that file. Out: what rustls needs. A server's own certificate may stand in the file too, as it does where
//! somebody made one for a mail server at home: then it must be exactly that, for that name and in its time.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, crypto::ring,
};

/// What connections are checked by. An error is a sentence for people.
pub fn trust(ca: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let given: Vec<CertificateDer<'static>> = match ca {
        Some(file) => CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect)
            .map_err(|_| format!("{}: no certificates can be read from it (--ca)", file.display()))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    if roots.add_parsable_certificates(given.iter().cloned()).0 == 0 {
        return Err(match ca {
            Some(file) => format!("{}: there is no certificate in it (--ca)", file.display()),
            None => "the system trusts no authority: give one with --ca FILE".to_owned(),
        });
    }
    let unusable = |_| "no TLS connection can be made".to_owned();
    let provider = Arc::new(ring::default_provider());
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let chain = chain.map_err(|_| "no TLS connection can be made".to_owned())?;
    let verifier: Arc<dyn ServerCertVerifier> = if ca.is_some() { Arc::new(Given { chain, given }) } else { chain };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(unusable)?.dangerous().with_custom_certificate_verifier(verifier);
    Ok(Arc::new(config.with_no_client_auth()))
}

/// Checks by authorities, and knows certificates of servers that somebody vouches for.
#[derive(Debug)]
struct Given {
    chain: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Given {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.chain.verify_server_cert(server, between, name, ocsp, now) {
            // It is an authority's, or of an authority that was not given; but the very one that was. That it is in its
            // time was looked at first.
            Err(Error::InvalidCertificate(CertificateError::Other(_) | CertificateError::UnknownIssuer))
                if self.given.contains(server) =>
            {
                verify_server_name(&ParsedCertificate::try_from(server)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
