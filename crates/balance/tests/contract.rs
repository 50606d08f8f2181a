//! Every method × every property, each a test of its own: `cargo contract nats` runs those of one method.

use libtest_mimic::{Arguments, Failed, Trial};
use polytask_balance::contract::{self, gram};
use polytask_balance::{GRAM_AGGREGATORS, WEIGHTINGS};

fn main() {
    let mut trials = Vec::new();
    for entry in WEIGHTINGS {
        for &property in contract::Property::ALL {
            let name = format!("{}::{}", entry.name, property.name());
            trials.push(Trial::test(name, move || {
                contract::check_property(entry, property).map_err(Failed::from)
            }));
        }
    }
    for entry in GRAM_AGGREGATORS {
        for &property in gram::Property::ALL {
            let name = format!("{}::{}", entry.name, property.name());
            trials.push(Trial::test(name, move || {
                gram::check_property(entry, property).map_err(Failed::from)
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
