//! What device and data have against a config that is wrong elsewhere too, so that all of it is told in one go.

use polytask_config::{Document, Problem, Problems, nearest};
use polytask_data::{DataErrors, Doubts};
use polytask_training::device::{self, Backend, Place};
use polytask_training::experiment::Experiment;
use polytask_training::plan::{Plan, PlanError, surveyed};

use crate::configuration::unfit;

/// Problems of the text as a whole.
const OF_THE_TEXT: &str = "P01";
/// A line that is not TOML, and a key that is given twice.
const BROKEN: [&str; 2] = ["P0101", "P0102"];
/// Problems of keys and values.
const OF_VALUES: &str = "P02";
/// A key that nothing reads.
const UNKNOWN_KEY: &str = "P0201";
/// A key that is not given and must be.
const MISSING_KEY: &str = "P0202";

/// Adds what device and data have against the config; gives back what no key of it is to blame for.
pub(super) fn gather(
    document: &Document,
    experiment: Experiment,
    problems: &mut Problems,
) -> DataErrors {
    let told = problems.clone();
    let doubts = doubts(document, &told);
    let device = &experiment.device;
    let is_named = matches!(device.backend, Backend::Wgpu) || device.index.is_some();
    if is_named
        && !doubts.touch("device")
        && let Err(error) = device::resolve(device.backend, device.index)
    {
        problems.0.push(unavailable(error.to_string()));
    }
    let is_whole = !told.0.iter().any(is_of_the_text);
    let (found, mut rest) = if told.0.iter().all(leaves_data_readable) {
        let (found, mut rest) = unfitting(experiment);
        if told.0.iter().any(|problem| is_of_data(&problem.key)) {
            rest = DataErrors::default();
        }
        (found, rest)
    } else {
        unfit(surveyed(&experiment, &doubts))
    };
    if !is_whole || doubts.touch("data.limits") {
        rest = DataErrors::default();
    }
    // What a task reports is not known where one of its metrics could not be read.
    let is_reported = |problem: &Problem| {
        let of_metrics = |key: &str| key.starts_with("tasks.") && key.contains(".metrics");
        !problem.key.starts_with("score") || !told.0.iter().any(|one| of_metrics(&one.key))
    };
    // Which layers are meant is not known where one of their options could not be read, or is spelt in a way that nothing
    // reads.
    let are_layers_known = |problem: &Problem| {
        let is_of_a_layer = ["encoder.", "bottleneck"]
            .iter()
            .any(|key| problem.key.starts_with(key));
        !is_of_a_layer || !told.0.iter().any(|one| one.key.starts_with("encoder"))
    };
    let is_reported = |problem: &Problem| is_reported(problem) && are_layers_known(problem);
    for problem in found.0.into_iter().filter(is_reported) {
        let is_told = told.0.iter().any(|known| known.key == problem.key);
        let is_given = document.holds(&problem.key);
        // What is not given may stand in the part that is not TOML, or under a key that is misspelt.
        let is_its_own =
            is_given || is_whole && !told.0.iter().any(|one| explains(one, &problem.key));
        if !is_told
            && is_its_own
            && !doubts.reach(&problem.key)
            && !is_beside(document, &told, &problem)
        {
            problems.0.push(problem);
        }
    }
    rest
}

/// A device that is not to be had.
pub(super) fn unavailable(why: String) -> Problem {
    Problem::new("P0603", "device.backend", why)
}

/// Where the config does not fit the data, or its layers do not fit each other; and what is wrong with the data itself.
pub(super) fn unfitting(experiment: Experiment) -> (Problems, DataErrors) {
    let place = Place::cpu();
    let device = place.device.clone();
    let built = Plan::resolve(experiment, place)
        .and_then(|(plan, _)| plan.build(&device).map_err(PlanError::from));
    unfit(built.err().unwrap_or_default())
}

/// The keys whose values were not read. A file whose options are not all understood is not read either.
fn doubts(document: &Document, problems: &Problems) -> Doubts {
    const FILES: [&str; 3] = ["data.source", "data.val", "data.test"];
    let is_unread = |problem: &&Problem| {
        let is_of_a_file = FILES.iter().any(|file| problem.key.starts_with(file));
        let is_of_a_value = problem.code.starts_with(OF_VALUES) && problem.code != UNKNOWN_KEY;
        is_of_a_file || is_of_a_value
    };
    let unread = problems.0.iter().filter(is_unread);
    let mut keys: Vec<String> = unread.map(|problem| problem.key.clone()).collect();
    if problems.0.iter().any(is_of_the_text) {
        // The part that is not TOML may hold options of a file's.
        let tables = FILES
            .iter()
            .filter(|file| document.holds(&format!("{file}.type")));
        keys.extend(tables.map(|file| (*file).to_owned()));
        let without = !document.holds("data.source");
        keys.extend(without.then(|| "data.source".to_owned()));
    }
    Doubts(keys)
}

fn is_of_the_text(problem: &Problem) -> bool {
    problem.code.starts_with(OF_THE_TEXT)
}

/// Whether it may be why this key is not given: a key of the same table is misspelt, or the table is hardly begun.
fn explains(problem: &Problem, key: &str) -> bool {
    let parts = |key: &str| {
        let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
        (table.to_owned(), name.to_owned())
    };
    let ((table, name), (own_table, own_name)) = (parts(&problem.key), parts(key));
    let is_misspelt = problem.code == UNKNOWN_KEY && nearest(&name, [own_name.as_str()]).is_some();
    table == own_table && (is_misspelt || problem.code == MISSING_KEY)
}

/// Whether it stands on a line that is not TOML, so that nobody knows what it says.
fn is_beside(document: &Document, told: &Problems, problem: &Problem) -> bool {
    let line = |problem: &Problem| {
        let position = problem.position(document)?;
        Some((position.file, position.line))
    };
    let own = line(problem);
    own.is_some()
        && told
            .0
            .iter()
            .any(|broken| BROKEN.contains(&broken.code) && line(broken) == own)
}

fn is_of_data(key: &str) -> bool {
    matches!(
        key.split(['.', '[']).next(),
        Some("data" | "inputs" | "tasks" | "info")
    )
}

/// Whether the data can be read as meant in spite of this problem; if not, headers still can.
fn leaves_data_readable(problem: &Problem) -> bool {
    let mut keys = problem.key.split(['.', '[']);
    let (table, second, third) = (keys.next(), keys.next(), keys.next());
    match table.unwrap_or_default() {
        // A key that nothing reads changes nothing in a task; if it was a misspelt one that is needed, that one is
        // missing too.
        "tasks" if problem.code == UNKNOWN_KEY => true,
        "data" => second == Some("split"),
        "tasks" => matches!(third, Some("metrics" | "loss" | "weight" | "after")),
        "" | "inputs" | "info" => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use polytask_config::Layers;

    use super::*;

    fn problem(code: &'static str, key: &str) -> Problem {
        Problem::new(code, key, String::new())
    }

    #[test]
    fn the_cells_are_looked_at_only_when_the_config_says_what_they_are() {
        assert!(leaves_data_readable(&problem("P0204", "train.epochs")));
        assert!(leaves_data_readable(&problem(
            "P0201",
            "tasks.digit.wieght"
        )));
        assert!(!leaves_data_readable(&problem(
            "P0202",
            "tasks.digit.target"
        )));
        assert!(!leaves_data_readable(&problem("P0101", "")));
        assert!(leaves_data_readable(&problem(
            "P0304",
            "tasks.digit.metrics[0]"
        )));
        assert!(leaves_data_readable(&problem("P0403", "data.split.train")));
        assert!(!leaves_data_readable(&problem("P0401", "data.source")));
        assert!(!leaves_data_readable(&problem("P0201", "data.missng")));
    }

    #[test]
    fn what_was_not_read_is_in_doubt() {
        let document = |text| Document::load(Layers::text("demo.toml", text, "/")).unwrap();
        let keys =
            |text, problems: &[Problem]| doubts(&document(text), &Problems(problems.to_vec())).0;
        let wrong = [
            problem("P0203", "tasks.a.target"),
            problem("P0403", "tasks.a.classes"),
            problem("P0201", "tasks.a.traget"),
            problem("P0201", "data.source.delimitr"),
        ];
        assert_eq!(keys("", &wrong), ["tasks.a.target", "data.source.delimitr"]);
        let broken = [problem("P0101", "")];
        assert_eq!(keys("data.source = 'a.csv'", &broken), [""; 0]);
        assert_eq!(
            keys("data.source = { type = 'csv' }", &broken),
            ["data.source"]
        );
        assert_eq!(keys("seed = 1", &broken), ["data.source"]);
    }

    #[test]
    fn what_is_not_given_may_be_misspelt_or_its_table_a_slip() {
        let misspelt = problem("P0201", "tasks.a.traget");
        assert!(explains(&misspelt, "tasks.a.target"));
        assert!(!explains(&misspelt, "tasks.b.target"));
        assert!(explains(
            &problem("P0202", "tasks.a.type"),
            "tasks.a.target"
        ));
        assert!(!explains(
            &problem("P0202", "tasks.b.type"),
            "tasks.a.target"
        ));
        assert!(!explains(
            &problem("P0201", "tasks.a.wieght"),
            "tasks.a.target"
        ));
    }
}
