//! Small models trained in memory: nothing of them is kept but what is measured.

use polytask_information::usable::{Rows, transferred_over_seeds};
use polytask_information::{InformationError, Measure};
use polytask_model::names::export;
use polytask_planted::{Instance, Matrix};
use polytask_random::Seed;
use polytask_training::device::Place;
use polytask_training::evaluate::{Evaluation, Measured, Predictor, Yardstick};
use polytask_training::information::{
    Observed, ObservedPart, Residuals, joint_gains, label_columns, predictions_given, residuals,
};
use polytask_training::load::{LoadError, experiment};
use polytask_training::plan::Plan;
use polytask_training::run::{Finish, Surroundings, run};
use polytask_training::state::TrainState;

use crate::exit::{Exit, Failure};
use crate::signals::Signals;
use crate::terminal::Terminal;

/// Resamples of an interval over seeds and rows, as `transfer` takes.
pub(super) const RESAMPLES: usize = 2000;

/// What all trainings have in common.
pub(super) struct Trainer<'a> {
    pub(super) place: Place,
    pub(super) signals: Signals,
    pub(super) terminal: &'a Terminal,
    pub(super) seed: u64,
    pub(super) is_quick: bool,
}

/// A trained model with its data.
pub(super) struct Trained {
    plan: Plan,
    state: TrainState,
    info: polytask_information::report::ReportOptions,
}

impl Trainer<'_> {
    /// Says what is being trained.
    pub(super) fn say(&self, what: &str) {
        self.terminal.message(&format!("{what}\n"));
    }

    /// Trains the config of `text` to its end.
    ///
    /// # Errors
    /// A signal; a config that does not fit, which is a bug; a run that fails.
    pub(super) fn train(&self, text: &str) -> Result<Trained, Failure> {
        let unfit = |what: String| {
            Failure::new(
                Exit::Internal,
                format!("a planted config does not fit: {what}"),
            )
        };
        let experiment = experiment(text).map_err(|problems| unfit(problems.to_string()))?;
        let info = experiment.info.report(String::new(), experiment.seed);
        let (plan, balancing) = Plan::resolve(experiment, self.place.clone())
            .map_err(|error| unfit(format!("{error:?}")))?;
        let mut state = plan
            .start(balancing)
            .map_err(|problems| unfit(problems.to_string()))?;
        let finish = run(
            &plan,
            &mut state,
            &mut Surroundings {
                saver: None,
                listener: &mut |_: &_| {},
                interrupt: self.signals.flag(),
                trace_samples: false,
                max_steps: None,
            },
        )?;
        if finish == Finish::Interrupted {
            return Err(Failure::new(
                self.signals.exit(),
                format!("stopped by {}; nothing is kept", self.signals.name()),
            ));
        }
        Ok(Trained { plan, state, info })
    }

    /// The two tasks of an instance together and each alone, over seeds: the bits that each gained, and the models of both.
    ///
    /// # Errors
    /// As [`Self::train`]; labels that cannot be measured.
    pub(super) fn transferred(
        &self,
        instance: &Instance,
        seeds: u64,
    ) -> Result<([Measure; 2], Trained), Failure> {
        let names = ["y_0", "y_1"];
        let (mut together, mut alone) = ([vec![], vec![]], [vec![], vec![]]);
        let mut first = None;
        for more in 0..seeds {
            let config = instance.config(self.seed.wrapping_add(more));
            let model = self.train(&config)?;
            let evaluation = model.evaluated()?;
            for (name, costs) in names.iter().zip(&mut together) {
                costs.push(costs_of(&evaluation, name)?);
            }
            first.get_or_insert(model);
            for (place, (name, costs)) in names.iter().zip(&mut alone).enumerate() {
                let other = names.get(1 - place).unwrap_or(name);
                let model = self.train(&format!("{config}{other}.active = false\n"))?;
                costs.push(costs_of(&model.evaluated()?, name)?);
            }
        }
        let bits = |task: usize| {
            let costs = |all: &[Vec<Vec<f64>>; 2]| all.get(task).cloned().unwrap_or_default();
            let mut stream = Seed(self.seed).stream("planted/transfer", task as u64);
            transferred_over_seeds(
                &costs(&alone),
                &costs(&together),
                Rows::Shared(None),
                RESAMPLES,
                &mut stream,
            )
        };
        let measured = [bits(0).map_err(unmeasured)?, bits(1).map_err(unmeasured)?];
        let first = first.ok_or_else(|| Failure::usage("there is no seed"))?;
        Ok((measured, first))
    }
}

/// What each test row costs a task, calibrated, nats.
pub(super) fn costs_of(evaluation: &Evaluation, task: &str) -> Result<Vec<f64>, Failure> {
    let found = evaluation.information.measured.get(task);
    let found =
        found.ok_or_else(|| Failure::new(Exit::Internal, format!("{task} was not measured")))?;
    Ok(found.costs.calibrated.clone())
}

pub(super) fn unmeasured(error: InformationError) -> Failure {
    Failure::new(
        Exit::Internal,
        format!("what was trained cannot be measured: {error}"),
    )
}

impl Trained {
    /// Metrics and usable information on the test rows.
    ///
    /// # Errors
    /// A metric that the task does not have.
    pub(super) fn evaluated(&self) -> Result<Evaluation, Failure> {
        let (plan, model) = (&self.plan, self.state.evaluated());
        let weights = vec![1.0; plan.tasks.len()];
        let measured = Measured {
            encoded: &plan.encoded,
            rows: &plan.splits.test,
            split: "test",
            batch_size: plan.train.batch_size,
            weights: &weights,
        };
        let yardstick = Yardstick::new(&plan.encoded, &plan.splits, "test");
        let evaluation = self
            .predictor(&model)
            .evaluate_in_bits(&measured, &yardstick);
        Ok(evaluation.map_err(LoadError::from)?)
    }

    fn predictor<'a>(&'a self, model: &'a polytask_model::MultiTaskModel) -> Predictor<'a> {
        Predictor::of(&self.plan, model)
    }

    /// What the model says of validation and of test rows, in the order of the rows.
    ///
    /// # Errors
    /// A metric that a task does not have.
    pub(super) fn observed(&self) -> Result<[Vec<Observed>; 2], Failure> {
        let (plan, model) = (&self.plan, self.state.evaluated());
        let side = |rows: &[u32]| {
            self.predictor(&model)
                .observe(&plan.encoded, rows, plan.train.batch_size)
                .map_err(LoadError::from)
        };
        let [held, tested] = &self.rows();
        Ok([side(held)?, side(tested)?])
    }

    /// Predictions of validation and of test rows, as [`Self::observed`], once the label of `task` is known.
    pub(super) fn given(&self, task: usize) -> [Vec<Vec<f64>>; 2] {
        let (plan, model) = (&self.plan, self.state.evaluated());
        let (predictor, size) = (self.predictor(&model), plan.train.batch_size);
        self.rows()
            .map(|rows| predictions_given(&predictor, &plan.encoded, &rows, size, task))
    }

    /// What the joint head gains over its marginals, of each test row, nats.
    pub(super) fn joint_gains(&self) -> Vec<f64> {
        let (plan, model) = (&self.plan, self.state.evaluated());
        let [_, tested] = &self.rows();
        let size = plan.train.batch_size;
        joint_gains(&self.predictor(&model), &plan.encoded, tested, size)
    }

    /// Validation and test rows in order.
    fn rows(&self) -> [Vec<u32>; 2] {
        let splits = &self.plan.splits;
        [&splits.val, &splits.test].map(|rows| {
            let mut rows = rows.clone();
            rows.sort_unstable();
            rows
        })
    }

    /// V1, V2 and their readings, as `info RUN` finds them.
    ///
    /// # Errors
    /// Labels that cannot be measured.
    pub(super) fn residuals(
        &self,
        [held, tested]: &[Vec<Observed>; 2],
    ) -> Result<Residuals, Failure> {
        let plan = &self.plan;
        let fits: Vec<_> = plan.tasks.iter().map(|task| task.fit.clone()).collect();
        let columns = label_columns(&fits, &plan.encoded, &plan.splits.train);
        residuals(&plan.tasks, &columns, held, tested, &self.info).map_err(unmeasured)
    }

    /// How much each task uses each code, `[tasks, codes]`.
    ///
    /// # Errors
    /// A model without codes.
    pub(super) fn code_strengths(&self) -> Result<Matrix, Failure> {
        let strengths = self.state.model.code_strengths();
        strengths.ok_or_else(|| Failure::new(Exit::Internal, "the model has no codes"))
    }

    /// A tensor of the model row by row.
    ///
    /// # Errors
    /// No tensor of this name.
    pub(super) fn weights(&self, name: &str) -> Result<Matrix, Failure> {
        let all = export(&self.state.model);
        let (_, shape, values) = all
            .iter()
            .find(|(found, _, _)| found == name)
            .ok_or_else(|| Failure::new(Exit::Internal, format!("the model has no '{name}'")))?;
        let wide: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
        let columns = shape.last().copied().unwrap_or(1).max(1);
        Ok(wide.chunks(columns).map(<[f64]>::to_vec).collect())
    }
}

/// The predictions and the labels of a regression with one output.
pub(super) fn real(seen: &Observed) -> (Vec<f64>, Vec<f64>) {
    match seen.parts.first() {
        Some(ObservedPart::Real { prediction, truth }) => (prediction.clone(), truth.clone()),
        Some(ObservedPart::Classes { .. }) | None => (Vec::new(), Vec::new()),
    }
}
