//! `every`: goes through a domain until its body does not hold.

use super::Evaluation;
use super::members::Members;
use super::slot::Slot;
use crate::error::Eval;
use crate::plan::ops::{Block, Domain, SlotId};
use crate::probe::Probe;
use crate::steps::Step;

/// Where the key and the value of a member go.
type Slots = (Option<SlotId>, Option<SlotId>);

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Whether a block holds for each member of a domain.
    pub(super) fn every(
        &mut self,
        domain: &'a Domain,
        slots: Slots,
        block: &'a Block,
        base: usize,
    ) -> Eval<bool> {
        let members = match domain {
            Domain::Written(members) => Some(self.as_written(base, members)),
            Domain::Value(from) => match self.borrowed(base, from) {
                Some(from) => Members::of(from),
                None => return Ok(false),
            },
        };
        let Some(mut members) = members else {
            if P::STEPS {
                self.told(base, Step::NoDomain);
            }
            return Ok(false);
        };
        if P::STEPS
            && let Some(domain) = block.node.as_ref().and_then(|node| node.domain.as_ref())
        {
            self.told(base, Step::Domain(domain));
        }
        while let Some(member) = members.next() {
            self.take_member(base, slots, member)?;
            if P::STEPS {
                self.told(base, Step::Member);
            }
            let holds = self.holds(block, base)?;
            if P::STEPS {
                self.told(base, Step::Passed(true));
            }
            if !holds {
                if P::STEPS {
                    self.pass_over(base, slots, members)?;
                }
                return Ok(false);
            }
        }
        if P::STEPS {
            self.told(base, Step::DomainOver(true));
        }
        Ok(true)
    }

    #[inline]
    fn take_member(
        &mut self,
        base: usize,
        (key, value): Slots,
        (one_key, one_value): (Slot<'a>, Slot<'a>),
    ) -> Eval<()> {
        self.context.meter.work(1)?;
        if let Some(slot) = key {
            self.write(base, slot, one_key);
        }
        if let Some(slot) = value {
            self.write(base, slot, one_value);
        }
        Ok(())
    }

    /// Tells of the members of a domain that are left where a body did not hold: OPA goes through
    /// them, too.
    #[cold]
    fn pass_over(&mut self, base: usize, slots: Slots, mut members: Members<'a>) -> Eval<()> {
        while let Some(member) = members.next() {
            self.take_member(base, slots, member)?;
            self.told(base, Step::Member);
            self.told(base, Step::Passed(false));
        }
        self.told(base, Step::DomainOver(false));
        Ok(())
    }
}
