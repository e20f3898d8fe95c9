//! `/api/docs`: the REST API for people.

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Column, Headline, Lines, Link, Row, Table, Value};

/// The page.
#[derive(Clone, Debug)]
pub struct ApiDocsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What the API is, in a paragraph.
    pub description: String,
    /// A line that works, once a token is in its place.
    pub example: String,
    /// Operations by what they are about.
    pub groups: Vec<OperationGroup>,
    /// Kinds of errors.
    pub problems: Vec<ProblemKind>,
}

/// What some operations are about.
#[derive(Clone, Debug)]
pub struct OperationGroup {
    /// Its name, which is also its anchor.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Its operations.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its id, which is also its anchor.
    pub id: String,
    /// `GET` for instance.
    pub method: String,
    /// Its path.
    pub path: String,
    /// What it does, in a few words.
    pub summary: String,
    /// More of it.
    pub description: String,
    /// What it takes in path, query and headers.
    pub parameters: Vec<Parameter>,
    /// A body that it takes.
    pub body: Option<String>,
    /// What it answers.
    pub answers: Vec<Answer>,
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
    /// Whether it must be given.
    pub required: bool,
    /// What it is.
    pub description: String,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its HTTP status.
    pub status: String,
    /// What it means.
    pub description: String,
    /// What its body looks like.
    pub example: Option<String>,
}

/// One kind of error.
#[derive(Clone, Debug)]
pub struct ProblemKind {
    /// Its name in `type` URLs.
    pub slug: String,
    /// What it means.
    pub title: String,
    /// Its HTTP status.
    pub status: u16,
}

#[derive(Template)]
#[template(path = "api-docs.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    example: Lines,
    contents: Vec<Link>,
    groups: Vec<Group<'a>>,
    problems: &'a [ProblemKind],
}

struct Group<'a> {
    group: &'a OperationGroup,
    operations: Vec<Described<'a>>,
}

struct Described<'a> {
    operation: &'a Operation,
    parameters: Option<Table>,
    body: Option<Lines>,
    answers: Table,
    examples: Vec<(String, Lines)>,
}

impl ApiDocsPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let contents = self.groups.iter().map(|group| Link::new(format!("#{}", group.name), &group.name));
        let html = Html {
            frame: &self.frame,
            headline: Headline::new("REST API").saying(self.description.as_str()),
            example: Lines::new("the command", &self.example),
            contents: contents.chain([Link::new("#problems", "errors")]).collect(),
            groups: self.groups.iter().map(OperationGroup::described).collect(),
            problems: &self.problems,
        };
        html.render()
    }
}

impl OperationGroup {
    fn described(&self) -> Group<'_> {
        Group { group: self, operations: self.operations.iter().map(Operation::described).collect() }
    }
}

impl Operation {
    fn described(&self) -> Described<'_> {
        let examples = self.answers.iter().filter_map(|answer| {
            let example = answer.example.as_ref()?;
            Some((answer.status.clone(), Lines::new("the example", example)))
        });
        Described {
            operation: self,
            parameters: (!self.parameters.is_empty()).then(|| self.parameter_table()),
            body: self.body.as_ref().map(|body| Lines::new("the body", body)),
            answers: self.answer_table(),
            examples: examples.collect(),
        }
    }

    fn parameter_table(&self) -> Table {
        let columns = vec![Column::tight("Parameter"), Column::tight("In"), Column::text("What it is")];
        let row = |parameter: &Parameter| {
            let place =
                if parameter.required { format!("{}, required", parameter.place) } else { parameter.place.clone() };
            Row::plain(vec![Value::Code(parameter.name.clone()), place.into(), parameter.description.as_str().into()])
        };
        let rows = self.parameters.iter().map(row).collect();
        Table::new(format!("Parameters of {}", self.id), columns, rows).with_id(format!("{}-parameters", self.id))
    }

    fn answer_table(&self) -> Table {
        let columns = vec![Column::tight("Status"), Column::text("What it means")];
        let row =
            |answer: &Answer| Row::plain(vec![Value::Code(answer.status.clone()), answer.description.as_str().into()]);
        let rows = self.answers.iter().map(row).collect();
        Table::new(format!("Answers of {}", self.id), columns, rows).with_id(format!("{}-answers", self.id))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn operations_and_problems_have_anchors() {
        let hostile = "<script>alert(1)</script>".to_owned();
        let operation = Operation {
            id: "me_me".to_owned(),
            method: "GET".to_owned(),
            path: "/api/v1/me".to_owned(),
            summary: hostile.clone(),
            description: hostile.clone(),
            parameters: vec![Parameter {
                name: hostile.clone(),
                place: "query".to_owned(),
                required: true,
                description: hostile.clone(),
            }],
            body: Some(hostile.clone()),
            answers: vec![Answer {
                status: "200".to_owned(),
                description: hostile.clone(),
                example: Some(hostile.clone()),
            }],
        };
        let group = OperationGroup { name: "me".to_owned(), description: hostile.clone(), operations: vec![operation] };
        let page = ApiDocsPage {
            frame: Frame::public("Example", 0),
            description: hostile.clone(),
            example: hostile.clone(),
            groups: vec![group],
            problems: vec![ProblemKind { slug: "denied".to_owned(), title: hostile, status: 403 }],
        };
        let html = page.render().unwrap();
        for anchor in ["id=\"me\"", "id=\"me_me\"", "id=\"problem-denied\"", "href=\"#me\""] {
            assert!(html.contains(anchor), "{anchor}: {html}");
        }
        assert!(!html.contains("<script>"), "{html}");
    }
}
