//! Making a package: sizes, re-adding, resuming, locking, what finish refuses and removes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use remit_export::{About, Error, Form, Names, Package};

use crate::fixture::{SAMPLES, about, case, finish, names, store, summary, tree, whole};

#[test]
fn a_package_is_private_and_whole() {
    let (case, folder) = case();
    let finished = whole(&folder);
    assert_eq!(finished.files, SAMPLES.len() as u64);
    for (path, (mode, bytes)) in tree(case.path()) {
        let expected = if bytes.is_some() { 0o600 } else { 0o700 };
        assert_eq!(mode, expected, "{}", path.display());
    }
    assert!(Package::verify(&folder).unwrap().is_valid());
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert!(text("bag-info.txt").contains("Bagging-Date: 2025-11-23\n"));
    let index = text("index.jsonl");
    assert_eq!(index.lines().count(), SAMPLES.len() + 1);
    for (line, sample) in index.lines().skip(1).zip(SAMPLES) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["path"], sample.path);
        let payload = folder.join(line["payload"].as_str().unwrap());
        assert_eq!(fs::read(payload).unwrap(), sample.bytes);
    }
}

#[test]
fn a_folder_that_is_too_open_is_closed() {
    let (_case, folder) = case();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let _package = Package::open(&folder, names()).unwrap();
    assert_eq!(
        fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn the_size_must_be_the_expected_one() {
    let (_case, folder) = case();
    let package = Package::open(&folder, names()).unwrap();
    let path = SAMPLES[0].path;
    let mut writer = package.add(path, Some(3), About::default()).unwrap();
    writer.write(b"ab").unwrap();
    let short = writer.finish().unwrap_err();
    assert!(
        matches!(
            short,
            Error::Size {
                expected: 3,
                got: 2,
                ..
            }
        ),
        "{short}"
    );
    let mut writer = package.add(path, Some(3), About::default()).unwrap();
    let long = writer.write(b"abcd").unwrap_err();
    assert!(
        matches!(
            long,
            Error::Size {
                expected: 3,
                got: 4,
                ..
            }
        ),
        "{long}"
    );
    drop(writer);
    assert_eq!(package.stored(path).unwrap(), None);
}

#[test]
fn what_reads_back_otherwise_is_not_stored() {
    let (case, folder) = case();
    let package = Package::open(&folder, names()).unwrap();
    let mut writer = package
        .add(SAMPLES[0].path, None, About::default())
        .unwrap();
    writer.write(b"as it was meant").unwrap();
    let part = fs::read_dir(case.path().join("package.work/parts"))
        .unwrap()
        .next();
    fs::write(part.unwrap().unwrap().path(), b"as the disk has it").unwrap();
    let error = writer.finish().unwrap_err();
    assert!(matches!(error, Error::ReadBack { .. }), "{error}");
    assert_eq!(package.stored(SAMPLES[0].path).unwrap(), None);
}

#[test]
fn an_entry_that_is_added_again_is_replaced_once_the_new_copy_is_whole() {
    let (_case, folder) = case();
    let package = Package::open(&folder, names()).unwrap();
    let first = store(&package, &SAMPLES[3]).unwrap();
    assert_eq!(
        package.stored(SAMPLES[3].path).unwrap(),
        Some(first.clone())
    );
    let mut writer = package
        .add(SAMPLES[3].path, None, about(&SAMPLES[3]))
        .unwrap();
    writer.write(b"a newer copy").unwrap();
    let payload = folder.join(&first.payload_path);
    assert_eq!(fs::read(&payload).unwrap(), SAMPLES[3].bytes);
    let second = writer.finish().unwrap();
    assert_eq!(second.payload_path, first.payload_path);
    assert_ne!(second.sha512, first.sha512);
    assert_eq!(fs::read(&payload).unwrap(), b"a newer copy");
}

#[test]
fn a_finished_package_can_be_opened_and_added_to() {
    let (_case, folder) = case();
    let (first, rest) = SAMPLES.split_at(5);
    let package = Package::open(&folder, names()).unwrap();
    first.iter().for_each(|s| drop(store(&package, s).unwrap()));
    finish(&package, first).unwrap();
    assert!(Package::verify(&folder).unwrap().is_valid());
    store(&package, &rest[0]).unwrap();
    let unfinished = Package::verify(&folder).unwrap_err();
    assert!(matches!(unfinished, Error::NotABag { .. }), "{unfinished}");
    drop(package);

    let package = Package::open(&folder, names()).unwrap();
    rest.iter()
        .rev()
        .for_each(|s| drop(store(&package, s).unwrap()));
    finish(&package, SAMPLES).unwrap();
    let (_case, undisturbed) = case();
    whole(&undisturbed);
    assert_eq!(tree(&folder), tree(&undisturbed));
}

#[test]
fn a_copy_that_is_not_listed_leaves_with_its_folders() {
    let (_case, folder) = case();
    whole(&folder);
    let package = Package::open(&folder, names()).unwrap();
    finish(&package, &SAMPLES[..1]).unwrap();
    let left: Vec<_> = tree(&folder.join("data"))
        .into_iter()
        .filter(|(_, (_, bytes))| bytes.is_some())
        .collect();
    assert_eq!(left.len(), 1);
    assert!(!folder.join("data/runs").exists());
    assert!(Package::verify(&folder).unwrap().is_valid());
}

#[test]
fn one_process_writes_at_a_time() {
    let (_case, folder) = case();
    let package = Package::open(&folder, names()).unwrap();
    let second = Package::open(&folder, names()).err().unwrap();
    assert!(matches!(second, Error::InUse), "{second}");
    drop(package);
    Package::open(&folder, names()).unwrap();
}

#[test]
fn finish_lists_only_what_is_stored_and_only_once() {
    let (_case, folder) = case();
    let package = Package::open(&folder, names()).unwrap();
    let writer = package
        .add(SAMPLES[0].path, None, About::default())
        .unwrap();
    let error = finish(&package, &[]).unwrap_err();
    assert!(matches!(error, Error::StillWriting), "{error}");
    drop(writer);
    let error = finish(&package, SAMPLES).unwrap_err();
    assert!(matches!(error, Error::NotStored { .. }), "{error}");
    store(&package, &SAMPLES[0]).unwrap();
    let twice = [Ok(SAMPLES[0].path), Ok(SAMPLES[0].path)];
    let error = package.finish(&summary(), twice).unwrap_err();
    assert!(matches!(error, Error::Twice { .. }), "{error}");
    let error = package
        .add("/not/planned", None, About::default())
        .err()
        .unwrap();
    assert!(matches!(error, Error::Unplanned { .. }), "{error}");
    let broken = [Ok(SAMPLES[0].path), Err("the plan ends here".into())];
    let error = package.finish(&summary(), broken).unwrap_err();
    assert!(matches!(error, Error::Entries(_)), "{error}");
    assert!(!folder.join("bagit.txt").exists());
}

#[test]
fn a_copy_that_was_cut_since_is_not_listed() {
    let (_case, folder) = case();
    let package = Package::open(&folder, names()).unwrap();
    let stored = store(&package, &SAMPLES[3]).unwrap();
    fs::write(folder.join(&stored.payload_path), b"cut").unwrap();
    assert_eq!(package.stored(SAMPLES[3].path).unwrap(), None);
    let error = finish(&package, &SAMPLES[3..4]).unwrap_err();
    assert!(matches!(error, Error::NotStored { .. }), "{error}");
}

#[test]
fn an_empty_package_is_a_bag() {
    let (_case, folder) = case();
    let package = Package::open(&folder, Names::default()).unwrap();
    let finished = finish(&package, &[]).unwrap();
    assert_eq!((finished.files, finished.bytes), (0, 0));
    assert!(Package::verify(&folder).unwrap().is_valid());
}

#[test]
fn free_space_is_checked_and_named() {
    let (_case, folder) = case();
    let package = Package::open(&folder, Names::of([("/a", Form::Bytes)])).unwrap();
    package.require_space(1).unwrap();
    let error = package.require_space(u64::MAX / 2).unwrap_err();
    let Error::NoSpace { needed, free } = error else {
        panic!("{error}");
    };
    assert_eq!(needed, u64::MAX / 2 + 2048);
    assert!(free > 0);
    assert!(
        error
            .to_string()
            .contains(&format!("{needed} bytes needed, {free} bytes free"))
    );
}

#[test]
fn many_threads_may_add_at_once() {
    let (_case, folder) = case();
    let package = Package::open(&folder, names()).unwrap();
    std::thread::scope(|scope| {
        for sample in SAMPLES {
            let package = &package;
            scope.spawn(move || store(package, sample).unwrap());
        }
    });
    finish(&package, SAMPLES).unwrap();
    let (_case, undisturbed) = case();
    whole(&undisturbed);
    assert_eq!(tree(&folder), tree(&undisturbed));
}
