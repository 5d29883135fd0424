//! Names and planted links that try to leave the package.

use std::fs;
use std::os::unix::fs::symlink;

use proptest::prelude::*;
use remit_export::{About, Form, Names, Package};

use crate::fixture::{SAMPLES, case, finish, names, store, tree};

#[test]
fn a_planted_link_is_not_followed() {
    let (case, folder) = case();
    let outside = case.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), b"untouched").unwrap();
    let before = tree(&outside);
    fs::create_dir(&folder).unwrap();
    symlink(&outside, folder.join("data")).unwrap();
    let package = Package::open(&folder, names()).unwrap();
    store(&package, &SAMPLES[5]).unwrap_err();
    fs::remove_file(folder.join("data")).unwrap();

    // Deeper, and where the file itself goes.
    fs::create_dir_all(folder.join("data/blobs")).unwrap();
    symlink(&outside, folder.join("data/blobs/azureml")).unwrap();
    store(&package, &SAMPLES[5]).unwrap_err();
    fs::remove_file(folder.join("data/blobs/azureml")).unwrap();
    let stored = store(&package, &SAMPLES[5]).unwrap();
    let payload = folder.join(stored.payload_path);
    fs::remove_file(&payload).unwrap();
    symlink(outside.join("precious"), &payload).unwrap();
    assert_eq!(package.stored(SAMPLES[5].path).unwrap(), None);
    store(&package, &SAMPLES[5]).unwrap();
    assert!(fs::symlink_metadata(&payload).unwrap().is_file());

    // Clearing removes a link, not what it leads to.
    symlink(&outside, folder.join("data/link")).unwrap();
    finish(&package, &SAMPLES[5..6]).unwrap();
    assert!(fs::symlink_metadata(folder.join("data/link")).is_err());
    assert_eq!(tree(&outside), before);
}

#[test]
fn a_package_that_is_a_link_is_refused() {
    let (case, folder) = case();
    let outside = case.path().join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, &folder).unwrap();
    assert!(Package::open(&folder, names()).is_err());
    assert!(tree(&outside).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_path_leaves_the_package(paths in prop::collection::btree_set(
        prop_oneof![
            "(/?(\\.\\.|\\.|%2E%2E|%2e.|etc|C:|\\\\|%5C|%00|NUL|~|)){1,8}",
            "\\PC{0,40}",
            "(/[a-zA-Z%.\u{e9}]{0,150}){1,4}",
        ], 1..8))
    {
        let (case, folder) = case();
        let names = Names::of(paths.iter().map(|p| (p, Form::Bytes)));
        let package = Package::open(&folder, names).unwrap();
        for path in &paths {
            let mut writer = package.add(path, None, About::default()).unwrap();
            writer.write(path.as_bytes()).unwrap();
            let stored = writer.finish().unwrap();
            let real = fs::canonicalize(folder.join(&stored.payload_path)).unwrap();
            prop_assert!(real.starts_with(fs::canonicalize(folder.join("data")).unwrap()));
            prop_assert_eq!(fs::read(real).unwrap(), path.as_bytes());
        }
        package.finish(&crate::fixture::summary(), paths.iter().map(Ok)).unwrap();
        let beside: Vec<_> = fs::read_dir(case.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        prop_assert_eq!(beside.len(), 2, "{:?}", beside);
        prop_assert!(Package::verify(&folder).unwrap().is_valid());
    }
}
