//! From the reading *joint head* to a joint head: what `info RUN` says to write is enough.

use crate::harness::Folder;
use crate::info::Draws;

const LINKED: &str = r#"
name = "linked"
[data]
source = "linked.csv"
split = { type = "random", train = 0.6, val = 0.2, test = 0.2 }
[inputs.x]
columns = ["x"]
[encoder]
hidden = []
[tasks.left]
type = "regression"
loss = "gaussian_nll"
[tasks.right]
type = "regression"
loss = { type = "gaussian_nll", beta = 0.5 }
[tasks.up]
type = "binary"
[tasks.down]
type = "binary"
[device]
backend = "cpu"
[train]
epochs = 20
batch_size = 64
optimizer = { type = "adam", lr = 0.02 }
[info]
permutations = 199
"#;

/// Two numbers with most of their noise in common, and two coins of their own.
fn linked() -> Folder {
    let folder = Folder::new(LINKED);
    let mut draws = Draws(11);
    let mut text = String::from("x,left,right,up,down\n");
    for _ in 0..1500 {
        let (x, common) = (draws.normal(), draws.normal());
        let mut noisy = |signal: f64| signal + common + 0.3 * draws.normal();
        let (left, right) = (noisy(x), noisy(-x));
        let (up, down) = (draws.coin(), draws.coin());
        text.push_str(&format!("{x},{left},{right},{up},{down}\n"));
    }
    folder.write("linked.csv", &text);
    folder
}

#[test]
fn the_advice_of_a_joint_head_can_be_followed_to_the_letter() {
    let folder = linked();
    folder.train("before", &[]);
    let found = folder.run(&["info", "before", "--json"]).expect(0).json();
    let pairs = found["residual"]["pairs"].as_array().unwrap();
    let pair = pairs
        .iter()
        .find(|pair| pair["source"] == "left" && pair["target"] == "right")
        .unwrap();
    assert_eq!(pair["verdict"], "joint_head", "{pair}");
    let first: Vec<&str> = pair["first"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert_eq!(
        first,
        ["tasks.left.loss = \"mse\"", "tasks.right.loss = \"mse\""]
    );
    let text = folder.run(&["info", "before"]).expect(0).out;
    for setting in first.iter().chain(&["multitask.joint = \"chow_liu\""]) {
        assert!(text.contains(&format!("`{setting}`")), "{text}");
    }
    let joint = "multitask.joint=\"chow_liu\"";
    // Without what comes first there is nothing to couple.
    let refused = folder.run(&["check", "config.toml", "-s", joint]).expect(0);
    assert!(refused.err.contains("no joint head"), "{}", refused.err);
    let settings: Vec<String> = first
        .iter()
        .map(|setting| setting.replace(" = ", "="))
        .collect();
    let mut more = vec!["-s", joint];
    settings
        .iter()
        .for_each(|setting| more.extend(["-s", setting]));
    folder.train("after", &more);
    let found = folder.run(&["info", "after", "--json"]).expect(0).json();
    // What the two labels share beyond x: -log2(1 - r²)/2 of noises of variance 1 and 0.09, 1.29 bits.
    let gained = found["joint"]["joint"]["value"].as_f64().unwrap();
    assert!((1.0..1.5).contains(&gained), "{gained}");
    let pairs = found["residual"]["pairs"].as_array().unwrap();
    assert!(
        pairs
            .iter()
            .all(|pair| pair["first"].as_array().unwrap().is_empty())
    );
}

/// Numbers that cannot be coupled are told of beside classes that are.
#[test]
fn numbers_without_effect_beside_edges_are_told() {
    let folder = linked();
    let joint = "multitask.joint={ type = \"given\", edges = [[\"up\", \"down\"]], numbers = [\"left\", \"right\"] }";
    let losses = [
        "-s",
        "tasks.left.loss=\"mse\"",
        "-s",
        "tasks.right.loss=\"mse\"",
    ];
    let check = |more: &[&str]| {
        let arguments = [&["check", "config.toml", "-s", joint], &losses[..], more].concat();
        folder.run(&arguments).expect(0).err
    };
    let told = check(&["-s", "tasks.right.active=false"]);
    assert!(
        told.contains("P0208")
            && told.contains("`numbers` has no effect: fewer than two of these numbers are learnt"),
        "{told}"
    );
    assert!(!check(&[]).contains("has no effect"));
}

/// An exclusive or: no pair of the three labels says anything, and `info RUN` says what the triple does.
#[test]
fn a_synergy_of_three_labels_is_told() {
    let folder = linked();
    let mut draws = Draws(12);
    let mut text = String::from("x,a,b,c\n");
    for _ in 0..1200 {
        let (a, b) = (draws.coin(), draws.coin());
        text.push_str(&format!("{},{a},{b},{}\n", draws.normal(), a ^ b));
    }
    folder.write("linked.csv", &text);
    let tasks = ["a", "b", "c"].map(|name| format!("[tasks.{name}]\ntype = \"binary\"\n"));
    let head = LINKED.split("[tasks.left]").next().unwrap();
    let tail = LINKED.split_once("[device]").unwrap().1;
    folder.write(
        "xor.toml",
        &format!("{head}{}[device]{tail}", tasks.concat()),
    );
    folder
        .run(&["train", "xor.toml", "--run-dir", "xor"])
        .expect(0);
    let found = folder.run(&["info", "xor", "--json"]).expect(0).json();
    let synergies = found["synergies"].as_array().unwrap();
    assert_eq!(synergies.len(), 1, "{found}");
    let excess = synergies[0]["excess"]["value"].as_f64().unwrap();
    assert!((0.95..1.001).contains(&excess), "{excess}");
    let text = folder.run(&["info", "xor"]).expect(0).out;
    assert!(
        text.contains("What two labels together say about a third"),
        "{text}"
    );
}
