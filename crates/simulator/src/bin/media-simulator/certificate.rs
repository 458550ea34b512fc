//! A self-signed certificate for the loopback interface.

use std::fs;

use anyhow::Context as _;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use simulator::TlsFiles;

/// Makes certificate and key if neither file is there.
pub(crate) fn make_unless_there(files: &TlsFiles) -> anyhow::Result<()> {
    match (files.cert_pem_path.exists(), files.key_pem_path.exists()) {
        (true, true) => return Ok(()),
        (false, false) => {}
        _ => anyhow::bail!(
            "of {} and {} only one is there: delete it, or bring the other",
            files.cert_pem_path.display(),
            files.key_pem_path.display()
        ),
    }
    let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    // rustls refuses a CA certificate where a server's own belongs.
    params.is_ca = IsCa::ExplicitNoCa;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    for (path, pem) in [
        (&files.cert_pem_path, certificate.pem()),
        (&files.key_pem_path, key.serialize_pem()),
    ] {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        fs::write(path, pem).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
