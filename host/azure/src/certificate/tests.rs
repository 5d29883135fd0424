//! Assertions as OpenSSL's own program checks them, with keys that it made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

const TENANT: &str = "00000000-0000-4000-8000-000000000001";
const CLIENT: &str = "00000000-0000-4000-8000-000000000002";

/// A folder in which OpenSSL works.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("remit-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn openssl(&self, arguments: &str) -> Vec<u8> {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(&self.0);
        let ran = command.output().expect("openssl must be installed");
        assert!(ran.status.success(), "openssl {arguments}: {ran:?}");
        ran.stdout
    }

    /// A certificate of its own making, and its key, both as PEM.
    fn certificate(&self, name: &str, algorithm: &str) -> (String, String) {
        self.openssl(&format!(
            "req -x509 -newkey {algorithm} -nodes -keyout {name}.key -out {name}.crt -days 2 -subj /CN=remit-test"
        ));
        (
            self.read(&format!("{name}.crt")),
            self.read(&format!("{name}.key")),
        )
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), content).unwrap();
    }
}

fn client(authority: Option<&str>) -> Client<'_> {
    Client {
        tenant: TENANT,
        client: CLIENT,
        authority,
    }
}

fn decode(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

#[tokio::test]
async fn an_assertion_is_what_microsoft_describes_and_openssl_accepts() {
    let folder = Folder::new("assertion");
    let (certificate, key) = folder.certificate("one", "rsa:2048");
    let (above, _) = folder.certificate("above", "rsa:2048");
    folder.openssl("rsa -in one.key -traditional -out one.pkcs1");
    folder.openssl("x509 -in one.crt -pubkey -noout -out one.pub");
    folder.openssl("x509 -in one.crt -outform DER -out one.der");
    let der = fs::read(folder.path().join("one.der")).unwrap();
    let thumbprint = Base64UrlUnpadded::encode_string(&Sha256::digest(der));
    for pem in [
        format!("{key}{certificate}"),
        format!(
            "Bag Attributes\n{above}{certificate}{}",
            folder.read("one.pkcs1")
        ),
    ] {
        let assertions = Assertions::new(&client(None), pem.as_bytes()).unwrap();
        let before = jiff::Timestamp::now().as_second();
        let assertion = assertions.secret(None).await.unwrap();
        let again = assertions.secret(None).await.unwrap();
        let after = jiff::Timestamp::now().as_second();
        let (said, signature) = assertion.rsplit_once('.').unwrap();
        let (header, claims) = said.split_once('.').unwrap();
        folder.write("said", said);
        folder.write("signature", decode(signature));
        let checked = folder.openssl(
            "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify one.pub -signature signature said",
        );
        assert_eq!(checked, b"Verified OK\n");
        assert_eq!(
            String::from_utf8(decode(header)).unwrap(),
            format!(r#"{{"alg":"PS256","typ":"JWT","x5t#S256":"{thumbprint}"}}"#)
        );
        let claims = String::from_utf8(decode(claims)).unwrap();
        let value = |name: &str| -> String {
            let from = claims.split_once(&format!("\"{name}\":")).unwrap().1;
            let end = from.find([',', '}']).unwrap();
            from[..end].trim_matches('"').to_owned()
        };
        assert_eq!(
            value("aud"),
            format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token")
        );
        assert_eq!(
            (value("iss"), value("sub")),
            (CLIENT.to_owned(), CLIENT.to_owned())
        );
        let from: i64 = value("nbf").parse().unwrap();
        assert!((before..=after).contains(&from));
        assert_eq!(value("iat"), value("nbf"));
        assert_eq!(value("exp"), (from + 300).to_string());
        assert_eq!(value("jti").len(), 36);
        assert!(!again.contains(said), "no assertion is made twice");
    }
}

#[test]
fn another_cloud_is_asked_where_the_library_asks_it() {
    let folder = Folder::new("cloud");
    let (certificate, key) = folder.certificate("one", "rsa:2048");
    let pem = format!("{certificate}{key}");
    let cloud = client(Some("https://login.chinacloudapi.cn/"));
    let assertions = Assertions::new(&cloud, pem.as_bytes()).unwrap();
    let audience = format!("https://login.chinacloudapi.cn/{TENANT}/oauth2/v2.0/token");
    assert_eq!(assertions.audience, audience);
    let quote = Client {
        client: "x\",\"sub\":\"y",
        ..client(None)
    };
    assert!(Assertions::new(&quote, pem.as_bytes()).is_err());
}

#[test]
fn what_is_not_a_certificate_with_its_key_is_told() {
    let folder = Folder::new("bad");
    let (certificate, key) = folder.certificate("one", "rsa:2048");
    let (other, _) = folder.certificate("other", "rsa:2048");
    let (curve, curve_key) = folder.certificate("curve", "ec -pkeyopt ec_paramgen_curve:P-256");
    let (small, small_key) = folder.certificate("small", "rsa:1024");
    folder.openssl("pkcs8 -topk8 -in one.key -passout pass:x -out one.locked");
    folder.openssl("pkcs12 -export -in one.crt -inkey one.key -passout pass: -out one.p12");
    folder.write(
        "locked.pem",
        format!("{certificate}{}", folder.read("one.locked")),
    );
    folder.write("cut.pem", format!("{certificate}{}", &key[..key.len() / 2]));
    folder.write("key.pem", &key);
    folder.write("other.pem", format!("{other}{key}"));
    folder.write("curve.pem", format!("{curve}{curve_key}"));
    folder.write("small.pem", format!("{small}{small_key}"));
    folder.write("long.pem", vec![b'\n'; (BYTES_MAX + 1) as usize]);
    let canary: String = key.lines().nth(3).unwrap().to_owned();
    for (name, why) in [
        ("absent.pem", "cannot be read"),
        ("long.pem", "no PEM file"),
        ("one.p12", "no private key as plain PEM"),
        ("one.crt", "no private key as plain PEM"),
        ("locked.pem", "no private key as plain PEM"),
        ("cut.pem", "no private key as plain PEM"),
        ("key.pem", "no certificate as PEM"),
        ("other.pem", "not that of its certificate"),
        ("curve.pem", "no RSA key"),
        ("small.pem", "no RSA key"),
    ] {
        let path = folder.path().join(name);
        let refused = credential(&client(None), path.to_str().unwrap());
        let refused = refused.err().unwrap_or_else(|| panic!("{name} is taken"));
        let said = format!("{refused} {refused:?}");
        assert!(said.contains(why), "{name}: {said}");
        assert!(!said.contains(&canary), "{name}: {said}");
    }
}

/// Canaries: neither the key nor what it signed is printed by anything that holds it.
#[test]
fn a_key_is_not_printed() {
    let folder = Folder::new("canary");
    let (certificate, key) = folder.certificate("one", "rsa:2048");
    folder.write("one.pem", format!("{certificate}{key}"));
    let path = folder.path().join("one.pem");
    let set = [
        ("AZURE_TENANT_ID", TENANT),
        ("AZURE_CLIENT_ID", CLIENT),
        ("AZURE_CLIENT_CERTIFICATE_PATH", path.to_str().unwrap()),
    ];
    let look = |name: &str| {
        let found = set.iter().find(|(set, _)| *set == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let address = "https://acct.blob.core.windows.net";
    let (endpoint, _) = crate::Endpoint::parse(address).unwrap();
    let chosen = crate::Credential::choose(&endpoint, None, None, &look).unwrap();
    assert_eq!(chosen.describe(), "an identity (client-certificate)");
    let crate::Credential::Tokens(tokens) = &chosen else {
        panic!("{chosen:?}");
    };
    let pem = [certificate, key.clone()].concat();
    let assertions = Assertions::new(&client(None), pem.as_bytes()).unwrap();
    let said = format!(
        "{chosen:?} {tokens:?} {:?} {assertions:?} {assertions:#?}",
        tokens.credential
    );
    for line in key.lines() {
        assert!(!said.contains(line), "{said}");
    }
    assert!(!said.contains("RsaSigningKey"), "{said}");
}
