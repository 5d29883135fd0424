//! Stopped before and after every change to the disk, and failed at each kind: what runs
//! again ends in the same bytes.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use remit_export::{About, Act, Error, Package, Probe};

use crate::fixture::{SAMPLES, case, finish, names, store, tree, whole};

/// Stops everything from the n-th point on; before and after a change are two points.
struct StopAt {
    point: u64,
    passed: AtomicU64,
}

impl StopAt {
    fn new(point: u64) -> Arc<Self> {
        Arc::new(Self {
            point,
            passed: AtomicU64::new(0),
        })
    }

    fn pass(&self) -> io::Result<()> {
        if self.passed.fetch_add(1, Ordering::Relaxed) >= self.point {
            return Err(io::Error::other("stopped"));
        }
        Ok(())
    }
}

impl Probe for StopAt {
    fn before(&self, _: Act) -> io::Result<()> {
        self.pass()
    }
    fn after(&self, _: Act) -> io::Result<()> {
        self.pass()
    }
}

/// Fails the n-th change of one kind, and only that, as a full disk does.
struct FailOnce {
    act: Act,
    nth: u64,
    seen: AtomicU64,
}

impl Probe for FailOnce {
    fn before(&self, act: Act) -> io::Result<()> {
        if act == self.act && self.seen.fetch_add(1, Ordering::Relaxed) == self.nth {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
    fn after(&self, _: Act) -> io::Result<()> {
        Ok(())
    }
}

/// As the caller does: what is stored is not stored again.
fn run(folder: &Path, probe: Arc<dyn Probe>) -> Result<(), Error> {
    let package = Package::open_watched(folder, names(), probe)?;
    for sample in SAMPLES {
        if package.stored(sample.path)?.is_none() {
            store(&package, sample)?;
        }
    }
    finish(&package, SAMPLES).map(|_| ())
}

/// As a caller that lost the news of every step.
fn run_all_again(folder: &Path, probe: Arc<dyn Probe>) -> Result<(), Error> {
    let package = Package::open_watched(folder, names(), probe)?;
    for sample in SAMPLES {
        store(&package, sample)?;
    }
    finish(&package, SAMPLES).map(|_| ())
}

const NEVER: u64 = u64::MAX;

#[test]
fn stopped_at_any_point_a_second_run_ends_in_the_same_bytes() {
    let (_case, undisturbed) = case();
    whole(&undisturbed);
    let expected = tree(&undisturbed);

    let counter = StopAt::new(NEVER);
    let (_case, counted) = case();
    run(&counted, counter.clone()).unwrap();
    let points = counter.passed.load(Ordering::Relaxed);
    assert!(points > 500, "only {points} points: the probe is not asked");

    for point in 0..points {
        let (_case, folder) = case();
        run(&folder, StopAt::new(point)).expect_err("stopped");
        if point + 3 < points && folder.exists() {
            assert!(
                !folder.join("bagit.txt").exists(),
                "stopped at {point}, it already looks like a bag"
            );
        }
        let again: fn(&Path, Arc<dyn Probe>) -> _ =
            if point % 2 == 0 { run } else { run_all_again };
        again(&folder, StopAt::new(NEVER)).unwrap();
        assert_eq!(tree(&folder), expected, "stopped at {point}");
    }
}

#[test]
fn stopped_while_a_whole_package_is_made_again_nothing_is_lost() {
    let (_case, undisturbed) = case();
    whole(&undisturbed);
    let expected = tree(&undisturbed);

    // The first half of the points is enough to meet every kind of change twice.
    for point in (0..300).step_by(3) {
        let (_case, folder) = case();
        whole(&folder);
        run_all_again(&folder, StopAt::new(point)).expect_err("stopped");
        run(&folder, StopAt::new(NEVER)).unwrap();
        assert_eq!(tree(&folder), expected, "stopped at {point}");
    }
}

#[test]
fn a_failure_is_an_error_and_can_be_run_again() {
    let (_case, undisturbed) = case();
    whole(&undisturbed);
    let expected = tree(&undisturbed);

    let acts = [
        Act::CreateFolder,
        Act::CreateFile,
        Act::Write,
        Act::SyncFile,
        Act::Rename,
        Act::SyncFolder,
    ];
    for act in acts {
        for nth in 0.. {
            let (_case, folder) = case();
            let probe = Arc::new(FailOnce {
                act,
                nth,
                seen: AtomicU64::new(0),
            });
            let ended = run(&folder, probe.clone());
            if probe.seen.load(Ordering::Relaxed) <= nth {
                assert!(nth > 3, "{act:?} was hardly seen");
                ended.unwrap();
                break;
            }
            let error = ended.expect_err("a failure must not be swallowed");
            let Error::Io { source, .. } = &error else {
                panic!("{act:?} {nth}: {error:?}");
            };
            assert_eq!(source.kind(), io::ErrorKind::StorageFull);
            run(&folder, StopAt::new(NEVER)).unwrap();
            assert_eq!(tree(&folder), expected, "{act:?} {nth}");
        }
    }
}

#[test]
fn a_failed_write_leaves_no_part_behind() {
    let (case, folder) = case();
    let probe = Arc::new(FailOnce {
        act: Act::Write,
        nth: 0,
        seen: AtomicU64::new(0),
    });
    let package = Package::open_watched(&folder, names(), probe).unwrap();
    store(&package, &SAMPLES[0]).expect_err("no space");
    assert_eq!(tree(&case.path().join("package.work/parts")).len(), 0);
    store(&package, &SAMPLES[0]).unwrap();
}

#[test]
fn stopped_while_an_entry_is_replaced_what_is_said_of_it_stays_true() {
    let sample = &SAMPLES[3];
    let other = b"UPPER";
    assert_eq!(other.len(), sample.bytes.len(), "only the bytes tell");
    for point in 0.. {
        let (_case, folder) = case();
        let package = Package::open(&folder, names()).unwrap();
        store(&package, sample).unwrap();
        drop(package);

        let replace = || {
            let package = Package::open_watched(&folder, names(), StopAt::new(point))?;
            let mut writer = package.add(sample.path, None, About::default())?;
            writer.write(other)?;
            writer.finish()
        };
        let replaced = replace();

        let package = Package::open(&folder, names()).unwrap();
        if let Some(stored) = package.stored(sample.path).unwrap() {
            let bytes = fs::read(folder.join(&stored.payload_path)).unwrap();
            let finished = finish(&package, std::slice::from_ref(sample)).unwrap();
            assert_eq!(finished.files, 1);
            let report = Package::verify(&folder).unwrap();
            assert!(
                report.is_valid(),
                "stopped at {point}: {report:?}, {bytes:?}"
            );
        }
        if replaced.is_ok() {
            assert!(point > 20, "only {point} points");
            break;
        }
    }
}
