#pragma once

// MemberReturn: the configuration by which a member whose disk was lost comes back with another
// one. All in one epoch: it is known by the new disk, and in each row that it stands in its slot
// takes the step by which nothing counts any more that was on the old one. Its slots are vacant
// then: written to, read by nobody, and counted again once they are filled (slot_step.h).
//
//   Slot of the member                  Step
//   Settled, Vacant, Joint              Vacate, and it stays the holder
//   Copying, Switched: its target       AbortMove, StepBack: it is filled again
//   Copying: its holder                 Vacate: the target is filled from the other slots
//   Switched: its holder                FinishMove: the target has all
//   Extra                               Drop
//
// (Filling the old slots in place would be no return: an acknowledgement given before the loss
// could be added to one given behind it.)

#include "starling/result.h"

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/succession.h"

namespace starling {

struct ReturningMember {
  NodeId member;
  StoreId store;  // its new disk
};

// What follows `current`. Rows that are not on their way anywhere are aimed at their holders, so
// that whoever drives the chain fills them.
// `evidence`: that the new disk holds `current`, at least.
// Failure: it is no member, is given up, or has that disk; a partition has no other copy that is
// read; or a step's guard is not met. The text says which, for people.
[[nodiscard]] Result<Configuration> configuration_of_return(const Configuration& current,
                                                            const ReturningMember& returning,
                                                            const ProposalEvidence& evidence);

}  // namespace starling
