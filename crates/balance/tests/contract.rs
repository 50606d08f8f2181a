//! Every weighting × every property, each a test of its own: `cargo contract nats` runs those of one method.

use libtest_mimic::{Arguments, Failed, Trial};
use polytask_balance::WEIGHTINGS;
use polytask_balance::contract::{Property, check_property};

fn main() {
    let pairs = WEIGHTINGS
        .iter()
        .flat_map(|entry| Property::ALL.iter().map(move |&property| (entry, property)));
    let trials = pairs.map(|(entry, property)| {
        let name = format!("{}::{}", entry.name, property.name());
        Trial::test(name, move || {
            check_property(entry, property).map_err(Failed::from)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}
