//! Compiled code on disk, so that a component is compiled once on a machine.
//!
//! Compiled code runs outside the sandbox if it lies, so it is only ever read from a folder that is
//! ours alone, and only as what this host wrote: its seal covers the component's digest, the engine's
//! configuration and every byte. Anything else is compiled again. Code is never accepted from outside.
//!
//! Beside the code lies what was read of the component when it was compiled, so that it need not be read
//! again. The same seal covers it: who could forge it could as well forge the code.
//!
//! Not here: how long a component may take (`compile`).

use std::fs::{self, File, OpenOptions};
use std::hash::{Hash as _, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::Error;

/// Before the compiled code in a file: the seal.
const SEAL_BYTES: usize = 32;

/// Behind the seal: how long the outline is that follows. The code comes last.
const LENGTH_BYTES: usize = size_of::<u32>();

/// The largest file that is read: compiled code is some three times its component.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// A folder of compiled code.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// What is kept of a component.
pub(crate) struct Known {
    /// What was read of it, as whoever put it here writes it.
    pub(crate) outline: Vec<u8>,
    pub(crate) code: Component,
}

impl Cache {
    /// Opens a folder, which is made if it is missing. One that others may write to, or may have
    /// written to, is refused.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let named = |error| Error::Cache(folder.display().to_string(), error);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(named)?;
        let metadata = fs::symlink_metadata(folder).map_err(named)?;
        let not_private = |why: &str| {
            Err(Error::CacheNotPrivate {
                folder: folder.display().to_string(),
                why: why.to_owned(),
            })
        };
        if !metadata.is_dir() {
            return not_private("it is not a folder, or a link to one");
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return not_private("it belongs to another user");
        }
        if metadata.mode() & 0o077 != 0 {
            return not_private("others may enter it");
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// The compiled component, if it is here and as it was written.
    pub(crate) fn get(&self, engine: &Engine, digest: &str) -> Option<Known> {
        let key = key(engine, digest);
        let file = read(&self.path(&key)).ok()?;
        let (seal, sealed) = file.split_at_checked(SEAL_BYTES)?;
        if seal != seal_of(&key, &[sealed]) {
            return None;
        }
        let (length, rest) = sealed.split_first_chunk::<LENGTH_BYTES>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (outline, code) = rest.split_at_checked(length)?;
        let code = deserialize(engine, code).ok()?;
        Some(Known {
            outline: outline.to_vec(),
            code,
        })
    }

    /// Keeps a compiled component and its outline. The file appears whole or not at all.
    pub(crate) fn put(
        &self,
        engine: &Engine,
        digest: &str,
        outline: &[u8],
        code: &[u8],
    ) -> io::Result<()> {
        let key = key(engine, digest);
        let length = u32::try_from(outline.len()).map_err(io::Error::other)?;
        let parts = [&length.to_le_bytes()[..], outline, code];
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(&self.folder)?;
        file.write_all(&seal_of(&key, &parts))?;
        for part in parts {
            file.write_all(part)?;
        }
        file.persist(self.path(&key)).map_err(|error| error.error)?;
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.cwasm"))
    }
}

/// Reads a file that is plain, ours, and ours alone.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file: File = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NOFOLLOW.bits() as i32)
        .open(path)?;
    let metadata = file.metadata()?;
    let private = metadata.is_file()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o077 == 0
        && metadata.len() <= FILE_BYTES_MAX;
    if !private {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes a component of compiled code.
///
/// The only way in for compiled code, and private: its callers hand over what this process's own
/// engine has just written, or what bears the seal of a private folder.
#[expect(
    unsafe_code,
    reason = "the engine cannot check compiled code; the proof is below"
)]
pub(crate) fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` must be, unaltered, what `Engine::precompile_component` returned.
    // - It comes straight from there (`compile`), or from a file whose SHA-256 over key, outline and code
    //   was compared with the seal at its head (`get`): it was not cut short, damaged or renamed, and
    //   the length in front of the outline, which says where the code begins, is as it was written.
    // - Only `put` writes such files, from `precompile_component`'s output. To forge one, somebody
    //   would have to write into a folder that `open` found to be owned by this user with mode 0700,
    //   a file that `read` found to be owned by this user with mode 0600. Who can do that can run code
    //   as this user anyway.
    // - The bytes checked are the bytes used: they are in this process's memory, not on disk.
    // - An engine with another version, configuration or CPU has another key; wasmtime compares those again.
    unsafe { Component::deserialize(engine, code) }
}

/// What compiled code is of: the component, and everything about the engine that shows in the code.
fn key(engine: &Engine, digest: &str) -> String {
    let mut hash = Sha256Hasher(Sha256::new_with_prefix(digest));
    engine.precompile_compatibility_hash().hash(&mut hash);
    hex::encode(hash.0.finalize())
}

/// The seal of a file that holds these parts one after the other. Another version of this host may read
/// a component otherwise, so its files are not ours.
fn seal_of(key: &str, parts: &[&[u8]]) -> [u8; SEAL_BYTES] {
    let seal = Sha256::new_with_prefix(concat!(
        "remit compiled code 2, remit ",
        env!("CARGO_PKG_VERSION"),
        "\n"
    ))
    .chain_update(key);
    let seal = parts
        .iter()
        .fold(seal, |seal, part| seal.chain_update(part));
    seal.finalize().into()
}

struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        u64::from_le_bytes(digest[..8].try_into().expect("a SHA-256 has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn kept() -> (tempfile::TempDir, Cache, Engine, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::open(&home.path().join("code")).unwrap();
        let engine = Engine::default();
        let code = engine.precompile_component(EMPTY).unwrap();
        cache.put(&engine, "digest", b"outline", &code).unwrap();
        let path = cache.path(&key(&engine, "digest"));
        (home, cache, engine, path)
    }

    #[test]
    fn what_was_put_is_there_for_the_same_component_and_engine_only() {
        let (_home, cache, engine, _) = kept();
        assert_eq!(cache.get(&engine, "digest").unwrap().outline, b"outline");
        assert!(cache.get(&engine, "another").is_none());
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        assert!(
            cache
                .get(&Engine::new(&config).unwrap(), "digest")
                .is_none()
        );
    }

    #[test]
    fn what_was_altered_is_not_there() {
        type Alter = fn(&Path);
        let table: [(&str, Alter); 8] = [
            ("a byte of the outline", |path| {
                let mut bytes = fs::read(path).unwrap();
                bytes[SEAL_BYTES + LENGTH_BYTES] ^= 1;
                fs::write(path, bytes).unwrap();
            }),
            ("the length of the outline", |path| {
                let mut bytes = fs::read(path).unwrap();
                bytes[SEAL_BYTES] ^= 1;
                fs::write(path, bytes).unwrap();
            }),
            ("a byte of the code", |path| {
                let mut bytes = fs::read(path).unwrap();
                *bytes.last_mut().unwrap() ^= 1;
                fs::write(path, bytes).unwrap();
            }),
            ("a byte of the seal", |path| {
                let mut bytes = fs::read(path).unwrap();
                bytes[0] ^= 1;
                fs::write(path, bytes).unwrap();
            }),
            ("cut short", |path| {
                let bytes = fs::read(path).unwrap();
                fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
            }),
            ("cut to less than a seal", |path| {
                fs::write(path, b"short").unwrap()
            }),
            ("readable by others", |path| {
                fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap()
            }),
            ("a link", |path| {
                let aside = path.with_extension("aside");
                fs::rename(path, &aside).unwrap();
                std::os::unix::fs::symlink(aside, path).unwrap();
            }),
        ];
        for (what, alter) in table {
            let (_home, cache, engine, path) = kept();
            alter(&path);
            assert!(cache.get(&engine, "digest").is_none(), "{what}");
        }
    }

    #[test]
    fn code_of_one_component_is_not_taken_for_anothers() {
        let (_home, cache, engine, path) = kept();
        fs::rename(path, cache.path(&key(&engine, "another"))).unwrap();
        assert!(cache.get(&engine, "another").is_none());
    }

    #[test]
    fn a_folder_that_is_not_ours_alone_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let open = home.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(
            Cache::open(&open),
            Err(Error::CacheNotPrivate { .. })
        ));
        let link = home.path().join("link");
        fs::create_dir(home.path().join("private")).unwrap();
        std::os::unix::fs::symlink(home.path().join("private"), &link).unwrap();
        assert!(matches!(
            Cache::open(&link),
            Err(Error::CacheNotPrivate { .. })
        ));
    }
}
