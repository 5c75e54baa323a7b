#include "node/return_service.h"

#include <string>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "membership/boot_confirmation.h"
#include "message/peer_messages.h"
#include "ring/configuration.h"
#include "ring/member_return.h"
#include "ring/succession.h"

namespace starling {

void ReturnService::collect(Instant now) {
  const Configuration* const adopted = neighbours_.chain.adopted();
  if (adopted == nullptr) return;
  if (neighbours_.confirmation.is_contradicted() && !next_.has_value()) set_timer(now);
  if (adopted->epoch == epoch_) return;
  epoch_ = adopted->epoch;
  if (is_named()) {
    neighbours_.boot.on_named();
  } else if (adopted->member(neighbours_.self) != nullptr) {
    neighbours_.boot.on_other_named();
  }
  set_timer(now);
}

bool ReturnService::is_named() const {
  const ConfigMember* const self = neighbours_.chain.adopted()->member(neighbours_.self);
  return self != nullptr && self->store == neighbours_.identity.store;
}

bool ReturnService::may_return() const {
  const bool is_member = neighbours_.chain.adopted()->member(neighbours_.self) != nullptr;
  const bool is_old = neighbours_.confirmation.refusal() == BootVerdict::RolledBack;
  return is_member && !is_named() && !neighbours_.identity.confirmed && !is_old;
}

// Who met it before the configuration that names it has to hear of it once more, also when it
// counts: what such a member is not told counts for nothing there.
bool ReturnService::waits_for_words() const {
  const bool waits = neighbours_.confirmation.state() == BootConfirmation::State::Waiting;
  const bool is_new = waits && !neighbours_.identity.confirmed;
  return is_named() && (is_new || neighbours_.confirmation.is_contradicted());
}

void ReturnService::set_timer(Instant now) {
  next_.reset();
  if (may_return() || waits_for_words()) next_ = now + random_.between(kPause / 2, kPause * 3 / 2);
}

void ReturnService::on_timer(Instant now) {
  if (!next_.has_value() || now < *next_) return;
  if (waits_for_words()) {
    // Any message may be lost, and who was behind may know better by now.
    neighbours_.boot.announce_again();
  } else if (may_return()) {
    propose(now);
  }
  set_timer(now);
}

void ReturnService::propose(Instant now) {
  if (neighbours_.chain.is_proposing()) return;
  const Configuration& adopted = *neighbours_.chain.adopted();
  const StoreId store = neighbours_.identity.store;
  const ProposalEvidence evidence{
      .adoptions = {{.store = store,
                     .adoption = {.node = neighbours_.self, .epoch = adopted.epoch}}},
      .fillings = {},
      .losses_accepted = {}};
  const Result<Configuration> after =
      configuration_of_return(adopted, {.member = neighbours_.self, .store = store}, evidence);
  const Status begun =
      after.ok() ? neighbours_.chain.propose(*after, evidence, now) : after.status();
  if (begun.ok()) {
    neighbours_.log.write(LogLevel::Trace, "mark: return: proposed");
    neighbours_.log.warning(
        "the cluster knows this member by another store, which is gone: it comes back with an "
        "empty one, to be filled from the other members");
    return;
  }
  if (begun.message() == last_reason_) return;
  last_reason_ = begun.message();
  neighbours_.log.error(last_reason_);
}

}  // namespace starling
