//! The way back from a step that must not be taken.

use polytask_config::{State, Values};
use polytask_model::MultiTaskModel;

use crate::state::TrainState;

/// What a step changes before it is known to be finite: running statistics move in the forward pass, and weighting and
/// aggregator learn before the backward pass.
pub(super) struct Before {
    model: MultiTaskModel,
    balancing: Option<Values>,
}

impl Before {
    pub(super) fn of(state: &mut TrainState) -> Self {
        let mut listing = State::save();
        state.list_balancing(&mut listing);
        Self {
            model: state.model.clone(),
            balancing: listing.finish().ok(),
        }
    }

    pub(super) fn restore(self, state: &mut TrainState) {
        state.model = self.model;
        if let Some(values) = self.balancing {
            state.list_balancing(&mut State::load(values));
        }
    }
}
