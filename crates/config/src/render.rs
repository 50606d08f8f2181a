//! Problems as a compiler shows them: code, `file:line:col`, the line itself, a caret, hints.

mod line;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::document::{Document, Place, SourceKind};
use crate::problem::{Problem, Problems};
use crate::terminal::shown;
use line::Line;

/// The most problems that are shown at once.
const SHOWN: usize = 100;
/// The longest message or hint, in characters.
const LONGEST: usize = 600;

/// All problems as text, sorted by position, each with its line of the document.
///
/// Nothing that a file or an argument holds reaches the terminal unescaped. With `color`, ANSI escapes are added.
///
/// ```
/// use polytask_config::{Document, Layers, read, render};
///
/// let layers = Layers::text("demo.toml", "[train]\nepochs = \"many\"\n", "/");
/// let document = Document::load(layers).unwrap();
/// let reading = read(&document, |fields| {
///     fields.table("train", "the loop", |fields| fields.integer("epochs", "passes over the rows").at_least(1).or(10))
/// });
/// assert_eq!(render(&document, &reading.problems, false), r#"error[P0203]: `train.epochs` must be an integer of at least 1
///  --> demo.toml:2:10
///   |
/// 2 | epochs = "many"
///   |          ^^^^^^ expected an integer, found a string
/// "#);
/// ```
#[must_use]
pub fn render(document: &Document, problems: &Problems, color: bool) -> String {
    let mut problems = problems.clone();
    problems.place(document);
    problems.sort(document);
    let file = &document.0.root.place.source.name;
    render_all(&problems, Some(file), color)
}

impl Problems {
    /// The same for problems that came instead of a document.
    ///
    /// ```
    /// use polytask_config::{Document, Layers};
    ///
    /// let problems = Document::load(Layers::bytes("demo.toml", b"a = '\xff'".as_slice(), "/")).unwrap_err();
    /// assert!(problems.render(false).starts_with("error[P0104]: demo.toml is not UTF-8: line 1 holds the byte 0xff\n"));
    /// ```
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        render_all(self, None, color)
    }
}

fn render_all(problems: &Problems, file: Option<&str>, color: bool) -> String {
    // Links would carry the file's name unescaped.
    let renderer = if color {
        Renderer::styled().hyperlink(false)
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for (index, problem) in problems.0.iter().take(SHOWN).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text.push_str(&one(problem, file, &renderer));
        text.push('\n');
    }
    if let Some(more) = problems.0.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        text.push_str(&format!("\n… and {more} more\n"));
    }
    text
}

fn one(problem: &Problem, file: Option<&str>, renderer: &Renderer) -> String {
    let level = if problem.is_warning {
        Level::WARNING
    } else {
        Level::ERROR
    };
    let title = level
        .primary_title(shown(&problem.message, LONGEST))
        .id(problem.code);
    let mut group = Group::with_title(title);
    // What annotate-snippets writes as the column, and the column in the file: its line may be cut and escaped.
    let mut columns = None;
    match (&problem.place, file) {
        (Some(place), _) => {
            let line = Line::of(&place.source.text, &place.span);
            let snippet = snippet(place, &line, problem.label.as_deref());
            group = match &problem.second {
                Some((second, label)) if second.source == place.source => {
                    let other = Line::of(&second.source.text, &second.span);
                    let snippet = match Line::both(&place.source.text, &line, &other) {
                        Some((text, start, span, other_span)) => source(place, text, start)
                            .annotation(annotation(
                                AnnotationKind::Primary,
                                span,
                                problem.label.as_deref(),
                            ))
                            .annotation(annotation(
                                AnnotationKind::Context,
                                other_span,
                                Some(label),
                            )),
                        None => snippet,
                    };
                    group.element(snippet)
                }
                _ => group.element(snippet),
            };
            columns = Some((line.number, line.shown_column(), line.column));
        }
        (None, Some(file)) => group = group.element(Origin::path(shown(file, 200))),
        (None, None) => {}
    }
    for help in problem.help.iter().flat_map(|help| help.lines()) {
        group = group.element(Level::HELP.message(shown(help, LONGEST)));
    }
    let text = renderer.render(&[group]);
    match columns {
        Some((line, written, real)) if written != real => corrected(&text, line, written, real),
        // Without a line of the file nothing sets the arrow in.
        None if file.is_some() => text.replace('\n', "\n "),
        _ => text,
    }
}

fn snippet<'a>(
    place: &Place,
    line: &Line,
    label: Option<&str>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    source(place, line.text.clone(), line.number).annotation(annotation(
        AnnotationKind::Primary,
        line.span.clone(),
        label,
    ))
}

fn source<'a>(
    place: &Place,
    text: String,
    line: usize,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let snippet = Snippet::source(text).line_start(line);
    match place.source.kind {
        SourceKind::File => snippet.path(shown(&place.source.name, 200)),
        // The flag is its own source, and has no line number.
        SourceKind::Flag | SourceKind::Set => snippet.line_numbering(false),
    }
}

fn annotation<'a>(
    kind: AnnotationKind,
    span: std::ops::Range<usize>,
    label: Option<&str>,
) -> annotate_snippets::Annotation<'a> {
    let annotation = kind.span(span);
    match label {
        Some(label) => annotation.label(shown(label, LONGEST)),
        None => annotation,
    }
}

/// The second line ends with `:line:column`; puts in the column of the file.
fn corrected(text: &str, line: usize, written: usize, real: usize) -> String {
    let wrong = format!(":{line}:{written}");
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    if let Some(place) = lines.get_mut(1)
        && let Some(start) = place.strip_suffix(wrong.as_str()).map(str::len)
    {
        place.truncate(start);
        place.push_str(&format!(":{line}:{real}"));
    }
    lines.join("\n")
}
