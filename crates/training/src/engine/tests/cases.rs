//! Configs of every kind of layer and sharing, with data to match.

/// Three regressions, of which each row has one; four numeric columns.
pub(super) fn table(rest: &str) -> String {
    format!(
        "[data]\nsource = {{ type = \"planted_codes\", tasks = 3, codes = 2, features = 4, train = 20, val = 6, \
         test = 6 }}\n[inputs.x]\n[tasks]\ny_0.type = \"regression\"\ny_1.type = \"regression\"\n\
         y_2.type = \"regression\"\n{rest}"
    )
}

/// Pictures with the label of one of two tasks each.
pub(super) fn pictures(rest: &str) -> String {
    format!(
        "[data]\nsource = {{ type = \"glyphs\", train = 800, val = 4, test = 4 }}\n[inputs.image]\n\
         [tasks.digit]\ntype = \"multiclass\"\n[tasks.letter]\ntype = \"multiclass\"\n[tasks.slanted]\n\
         type = \"binary\"\n{rest}"
    )
}

/// Categorical columns beside numeric ones, and missing labels.
pub(super) fn categories(folder: &std::path::Path, rest: &str) -> String {
    let mut text = "town,kind,size,price,sold\n".to_owned();
    for row in 0..40_u32 {
        let [town, kind] = [row * 7 % 5, row * 3 % 4];
        let price = if row % 3 == 0 {
            String::new()
        } else {
            format!("{}", f64::from(row * 13 % 17) / 4.0)
        };
        text.push_str(&format!(
            "t{town},k{kind},{},{price},{}\n",
            f64::from(row * 11 % 19) / 3.0,
            row % 2
        ));
    }
    let path = folder.join("rows.csv");
    std::fs::write(&path, text).unwrap();
    format!(
        "[data]\nsource = \"{}\"\n[inputs.x]\ncolumns = [\"town\", \"kind\", \"size\"]\n\
         categorical = [\"town\", \"kind\"]\n[tasks.price]\ntype = \"regression\"\ntarget = \"price\"\n\
         [tasks.sold]\ntype = \"binary\"\ntarget = \"sold\"\n{rest}",
        path.display()
    )
}

pub(super) const ENCODERS: &[&str] = &[
    "type = \"mlp\"\nhidden = [8]\nactivation = \"gelu\"",
    "type = \"mlp\"\nhidden = [8, 6]\nactivation = \"relu\"\nnorm = \"batch\"\ndropout = 0.3",
    "type = \"mlp\"\nhidden = [7, 7]\nactivation = \"tanh\"\nnorm = \"layer\"\nresidual = true\ndropout = 0.2",
    "type = \"mlp\"\nhidden = [6]\nactivation = \"identity\"",
    "type = \"mlp\"\nhidden = [6, 5]\nactivation = \"silu\"\nnorm = \"batch\"\nresidual = true",
    "type = \"mlp\"\nhidden = [6, 5]\nactivation = \"elu\"",
    "type = \"mlp\"\nhidden = [6, 5]\nactivation = \"sigmoid\"",
    "type = \"mlp\"\nhidden = [6, 5]\nactivation = \"leaky_relu\"",
];

pub(super) const NETWORKS: &[&str] = &[
    "type = \"cnn\"\nchannels = [3, 4]\ndense = [8]",
    "type = \"cnn\"\nchannels = [3, 4]\nnorm = \"batch\"\npool = \"avg\"\nkernel = [4, 3]\nactivation = \"gelu\"\ndense = [8]\ndropout = 0.2",
    "type = \"cnn\"\nchannels = [4, 8]\nnorm = \"group\"\npool = \"none\"\nstride = [3, 2]\nkernel = [5, 3]\npadding = \"valid\"\ncollapse = \"average\"\ndense = []",
    "type = \"cnn\"\nchannels = [3]\nkernel = [4]\nstride = [3]\npool = \"none\"\ndense = []",
];

pub(super) const SHARINGS: &[&str] = &[
    "type = \"hard\"",
    "type = \"latent\"\ndimension = 3",
    "type = \"codes\"\ncount = 3\nl1 = 0.01\nfrobenius = 0.01",
    "type = \"codes\"\ncount = 4\nalpha = \"per_task\"\ngate = \"softmax\"",
];

pub(super) fn worlds() -> Vec<String> {
    let mut texts = Vec::new();
    let model = |encoder: &str, sharing: &str, accumulate: usize| {
        format!(
            "[encoder]\n{encoder}\n[sharing]\n{sharing}\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 8\n\
             accumulate = {accumulate}\n"
        )
    };
    for (index, encoder) in ENCODERS.iter().enumerate() {
        let sharing = SHARINGS[index % SHARINGS.len()];
        texts.push(table(&model(encoder, sharing, 1)));
    }
    for sharing in SHARINGS {
        texts.push(table(&model(ENCODERS[1], sharing, 2)));
    }
    for accumulate in [1, 2] {
        let text = model(ENCODERS[1], SHARINGS[accumulate - 1], accumulate);
        for rest in ["", "prior = \"learned\"\nblocks = [0.5, 2.0]\n"] {
            texts.push(table(&format!(
                "{text}[bottleneck]\ntype = \"vib\"\n{rest}"
            )));
        }
    }
    for (index, encoder) in NETWORKS.iter().enumerate() {
        texts.push(pictures(&model(
            encoder,
            SHARINGS[index % 2],
            1 + index % 2,
        )));
    }
    texts
}

/// More tasks than contributions are kept for: the weighted cotangent goes down a second time.
pub(super) fn many_tasks(rest: &str) -> String {
    let tasks: String = (0..11)
        .map(|task| format!("y_{task}.type = \"regression\"\n"))
        .collect();
    format!(
        "[data]\nsource = {{ type = \"planted_codes\", tasks = 11, codes = 2, features = 4, train = 20, val = 6, \
         test = 6 }}\n[inputs.x]\n[tasks]\n{tasks}{rest}"
    )
}
