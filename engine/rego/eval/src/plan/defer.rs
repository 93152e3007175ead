//! Tests after a walk that can be made before the path is: most values of a document fail them,
//! and a path is an array of its own for each value.

use super::ops::{Native, Op, SlotId, Src};

/// Finds the tests after each walk, up to the first operation that reads the path or could be seen
/// from outside.
pub(super) fn defer_paths(mut ops: Vec<Op>) -> Box<[Op]> {
    for at in 0..ops.len() {
        let Some(Op::Walk { path: Some(path), value: Some(_), .. }) = ops.get(at) else { continue };
        let path = *path;
        let count = ops.iter().skip(at + 1).take_while(|op| is_test(op, path)).count();
        if let Some(Op::Walk { tests, .. }) = ops.get_mut(at) {
            *tests = count;
        }
    }
    ops.into()
}

/// Whether an operation finds out about values, gives at most one, and reads the path in no way.
fn is_test(op: &Op, path: SlotId) -> bool {
    let apart = |from: &Src| !matches!(from, Src::Slot(slot) if *slot == path);
    match op {
        Op::Get { from, key, .. } => apart(from) && apart(key),
        Op::GetEqual { from, key, with } => apart(from) && apart(key) && apart(with),
        Op::Equal { a, b } => apart(a) && apart(b),
        Op::InputEqual { with, .. } => apart(with),
        Op::ArrayLen { from, .. } | Op::ObjectLen { from, .. } | Op::Truthy { from } => apart(from),
        Op::Native { native, args, .. } => {
            !matches!(native, Native::TestCase) && args.iter().all(apart)
        }
        Op::Test { args, .. } => args.iter().all(apart),
        Op::Compare { args, .. } | Op::Calculate { args, .. } => args.iter().all(apart),
        _ => false,
    }
}
