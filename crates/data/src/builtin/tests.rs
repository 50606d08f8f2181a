//! What every generator must hold.

use polytask_config::{Document, Fields, Layers, read};
use polytask_random::Seed;

use super::GENERATORS;
use super::golden::digest_in_run;
use crate::source::{Reading, Source};

/// Makes a generator from the text of its options; gives the number of problems too.
fn made(index: usize, text: &str) -> (Box<dyn Source>, usize) {
    let document = Document::load(Layers::text("test.toml", text, "/")).unwrap();
    let entry = &GENERATORS[index];
    let reading = read(&document, |fields: &mut Fields<'_>| (entry.new)(fields));
    (reading.value, reading.problems.0.len())
}

const FEW: &str = "train = 6\nval = 3\ntest = 3";

#[test]
fn each_generator_works_with_its_defaults_and_brings_a_split() {
    for index in 0..GENERATORS.len() {
        let (source, problems) = made(index, FEW);
        assert_eq!(problems, 0);
        let table = source.load(&Reading::new(Seed(1))).unwrap();
        assert!(table.rows() >= 12);
        assert_eq!(table.split().unwrap().len(), table.rows());
    }
}

#[test]
fn the_runs_seed_does_not_change_the_data_and_the_data_seed_does() {
    for index in 0..GENERATORS.len() {
        let (source, _) = made(index, FEW);
        let (other, _) = made(index, &format!("{FEW}\ndata_seed = 2"));
        assert_eq!(digest_in_run(&*source, 1), digest_in_run(&*source, 2));
        assert_ne!(digest_in_run(&*source, 1), digest_in_run(&*other, 1));
    }
}

#[test]
fn what_would_not_fit_is_refused() {
    for index in 0..GENERATORS.len() {
        let (source, _) = made(index, FEW);
        let mut reading = Reading::new(Seed(1));
        reading.limits.total_bytes = 100;
        let errors = source.load(&reading).err().unwrap();
        assert_eq!(errors.errors.len(), 1);
        assert!(
            errors.to_string().contains("data.limits.total_bytes"),
            "{errors}"
        );
    }
}

#[test]
fn more_codes_than_features_are_a_problem() {
    assert_eq!(made(1, "features = 4\ncodes = 5").1, 1);
    assert_eq!(made(1, "features = 4\ncodes = 4\nsparsity = 5").1, 1);
    assert_eq!(made(2, "features = 4\nrank = 5").1, 1);
    assert_eq!(made(3, "features = 4\nfactors = 5").1, 1);
    // Three groups of one task each need six directions.
    assert_eq!(made(6, "features = 5\ntasks = 1").1, 1);
}
