//! Compiles a schema: reads its keywords one after another, in the order in which OPA's validator
//! does, so that of several faults the same one is told. A document's own nesting takes no stack:
//! what is still to be read waits in a list.
//!
//! Where Go walks a map in no order, names are taken in their own order.

use super::keywords::{KEYWORDS, Slot};
use super::model::{Node, Place, Schema};
use super::pool::Pool;
use super::refusal::Refused;
use referee_rego_builtin::Context;
use referee_rego_go::schema::{Draft, Reference, SchemaFault};
use referee_rego_value::{Object, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// The most nodes of a schema: what refers to others may stand for far more than its text.
const MOST_NODES: usize = 1_000_000;

/// What a keyword leaves to be read: parts that are schemas, up to a fault that comes after them.
#[derive(Debug, Default)]
pub(super) struct Parts {
    schemas: Vec<(Slot, Value)>,
    fault: Option<SchemaFault>,
}

impl Parts {
    /// One more schema.
    pub(super) fn add(&mut self, slot: Slot, schema: &Value) {
        self.schemas.push((slot, schema.clone()));
    }

    /// A fault, which comes after what was added.
    pub(super) fn fail(mut self, fault: SchemaFault) -> Self {
        self.fault = Some(fault);
        self
    }
}

/// A keyword that is read: what it needs, and what it writes into.
pub(super) struct Reading<'a, 'c, 'm> {
    pub(super) ctx: &'a mut Context<'c>,
    pub(super) draft: Draft,
    pub(super) members: &'m Object,
    pub(super) node: &'a mut Node,
}

/// A schema that is being read.
struct Frame {
    place: Place,
    members: Object,
    draft: Draft,
    id: Arc<Reference>,
    /// The keyword that comes next.
    next: usize,
    parts: std::vec::IntoIter<(Slot, Value)>,
    fault: Option<SchemaFault>,
}

/// What a schema that begins takes from the one it stands in.
struct Start {
    schema: Value,
    place: Place,
    draft: Draft,
    /// The id it is given, and the one that its own is relative to.
    id: Arc<Reference>,
    base: Arc<Reference>,
}

struct Compiler {
    schema: Schema,
    pool: Pool,
    /// The nodes of references, by their text.
    targets: HashMap<String, Place>,
    frames: Vec<Frame>,
}

/// Compiles a schema.
///
/// # Errors
/// Where it is none, in OPA's words.
pub(super) fn compile(ctx: &mut Context<'_>, document: &Value) -> Result<Schema, Refused> {
    let root = Arc::new(Reference::parse("")?);
    let mut pool = Pool::default();
    pool.add(ctx, document, &root)?;
    let document = pool.get(ctx, &root)?;
    let draft = document.draft.unwrap_or(Draft::Hybrid);
    let (schema, targets) = (Schema::default(), HashMap::new());
    let mut compiler = Compiler { schema, pool, targets, frames: Vec::new() };
    let place = compiler.schema.add();
    let base = Arc::clone(&root);
    compiler.begin(Start { schema: document.schema, place, draft, id: root, base })?;
    while compiler.step(ctx)? {}
    Ok(compiler.schema)
}

/// A keyword whose value is a text.
pub(super) fn text_of<'v>(
    members: &'v Object,
    key: &'static str,
) -> Result<Option<&'v str>, SchemaFault> {
    match members.get_str(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SchemaFault::invalid("string", key)),
    }
}

impl Compiler {
    fn begin(&mut self, start: Start) -> Result<(), Refused> {
        let Start { schema, place, draft, mut id, base } = start;
        let members = match schema {
            Value::Object(members) => members,
            Value::Bool(truth) if draft >= Draft::Six => {
                if let Some(node) = self.schema.get_mut(place) {
                    node.truth = Some(truth);
                }
                return Ok(());
            }
            _ => return Err(SchemaFault::NoPart.into()),
        };
        let key = match draft {
            Draft::Four => "id",
            Draft::Hybrid if members.get_str("id").is_some() => "id",
            _ => "$id",
        };
        if let Some(own) = text_of(&members, key)? {
            let own = Reference::parse(own)?;
            id = Arc::new(if place == Schema::ROOT { own } else { base.join(&own)? });
        }
        let parts = Vec::new().into_iter();
        self.frames.push(Frame { place, members, draft, id, next: 0, parts, fault: None });
        Ok(())
    }

    /// One part or one keyword further. Whether anything is left.
    fn step(&mut self, ctx: &mut Context<'_>) -> Result<bool, Refused> {
        ctx.work(1)?;
        let Some(frame) = self.frames.last_mut() else {
            return Ok(false);
        };
        if let Some((slot, schema)) = frame.parts.next() {
            let (draft, id, parent) = (frame.draft, Arc::clone(&frame.id), frame.place);
            let place = self.node(ctx)?;
            if let Some(parent) = self.schema.get_mut(parent) {
                slot.fill(parent, place);
            }
            let base = Arc::clone(&id);
            self.begin(Start { schema, place, draft, id, base })?;
            return Ok(true);
        }
        if let Some(fault) = frame.fault.take() {
            return Err(fault.into());
        }
        let Some((key, read)) = KEYWORDS.get(frame.next) else {
            self.frames.pop();
            return Ok(true);
        };
        frame.next += 1;
        let Some(value) = frame.members.get_str(key) else {
            return Ok(true);
        };
        let Some(read) = read else {
            let members = frame.members.clone();
            self.refer(ctx, &members)?;
            return Ok(true);
        };
        let Some(node) = self.schema.get_mut(frame.place) else {
            return Ok(true);
        };
        let mut reading = Reading { ctx, draft: frame.draft, members: &frame.members, node };
        let parts = read(&mut reading, key, value)?;
        frame.parts = parts.schemas.into_iter();
        frame.fault = parts.fault;
        Ok(true)
    }

    fn node(&mut self, ctx: &mut Context<'_>) -> Result<Place, Refused> {
        ctx.reserve(size_of::<Node>())?;
        if self.schema.len() >= MOST_NODES {
            return Err(SchemaFault::TooLarge.into());
        }
        Ok(self.schema.add())
    }

    /// `$ref`: where its target is known, the keywords beside it are still read, though they
    /// validate nothing; otherwise the target is read instead of them.
    fn refer(&mut self, ctx: &mut Context<'_>, members: &Object) -> Result<(), Refused> {
        let Some(target) = text_of(members, "$ref")? else {
            return Ok(());
        };
        let target = Arc::new(Reference::parse(target)?);
        let known = self.targets.get(target.as_str()).copied();
        let place = match known {
            Some(place) => place,
            None => self.node(ctx)?,
        };
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        if let Some(node) = self.schema.get_mut(frame.place) {
            node.target = Some(place);
        }
        if known.is_some() {
            return Ok(());
        }
        frame.next = KEYWORDS.len();
        let (draft, base) = (frame.draft, Arc::clone(&frame.id));
        self.targets.insert(target.as_str().to_owned(), place);
        let document = self.pool.get(ctx, &target)?;
        if !matches!(document.schema, Value::Bool(_) | Value::Object(_)) {
            return Err(SchemaFault::NoObject { what: "Valid Schema" }.into());
        }
        let draft = document.draft.unwrap_or(draft);
        self.begin(Start { schema: document.schema, place, draft, id: target, base })
    }
}
