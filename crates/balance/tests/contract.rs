//! Every method × every property, each a test of its own: `cargo contract nats` runs those of one method.

use libtest_mimic::{Arguments, Failed, Trial};
use polytask_balance::contract::{self, cross, gram, rows};
use polytask_balance::{BARE_WEIGHTINGS, CROSS_AGGREGATORS, GRAM_AGGREGATORS, ROW_AGGREGATORS};

fn main() {
    let mut trials = Vec::new();
    for entry in BARE_WEIGHTINGS {
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
    for entry in ROW_AGGREGATORS {
        for &property in rows::Property::ALL {
            // A method may be of two kinds.
            let name = format!("{}::rows::{}", entry.name, property.name());
            trials.push(Trial::test(name, move || {
                rows::check_property(entry, property).map_err(Failed::from)
            }));
        }
    }
    for entry in CROSS_AGGREGATORS {
        for &property in cross::Property::ALL {
            let name = format!("{}::{}", entry.name, property.name());
            trials.push(Trial::test(name, move || {
                cross::check_property(entry, property).map_err(Failed::from)
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
