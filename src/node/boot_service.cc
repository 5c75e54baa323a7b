#include "node/boot_service.h"

#include <algorithm>
#include <string>

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "env/storage_engine.h"
#include "membership/boot_confirmation.h"
#include "membership/peer_table.h"
#include "message/peer_messages.h"
#include "replica/store_identity.h"
#include "ring/configuration.h"
#include "ring/member.h"

namespace starling {

BootService::BootService(const Neighbours& neighbours, StoreIdentity& identity,
                         BootConfirmation& confirmation)
    : neighbours_(neighbours), identity_(identity), confirmation_(confirmation) {}

void BootService::on_start() {
  if (identity_.refusal != BootVerdict::Confirmed) {
    confirmation_.refuse(identity_.refusal);
  } else if (confirmation_.state() == BootConfirmation::State::Refused) {
    neighbours_.log.write(LogLevel::Trace, "mark: boot: the machine knew of a later start");
    last_ticket_ = remember_refusal(neighbours_.storage, identity_, confirmation_.refusal());
  }
  if (confirmation_.state() == BootConfirmation::State::Refused) {
    neighbours_.log.error(confirmation_.explanation());
  }
  if (confirmation_.counting()) note_counting();
}

void BootService::on_store_reopened() {
  last_ticket_ = remember_everything(neighbours_.storage, identity_);
  for (const auto& [peer, announced] : identity_.peers) {
    if (!neighbours_.peers.connected(peer)) continue;
    neighbours_.replica.send_when_durable(peer, last_ticket_,
                                          BootReply{.store = announced.store,
                                                    .boot_sequence = announced.boot_sequence,
                                                    .incarnation = announced.incarnation,
                                                    .verdict = BootVerdict::Confirmed});
  }
}

void BootService::on_peer_up(NodeId peer) {
  neighbours_.outbox.send(peer, confirmation_.announcement());
}

// What this node remembers of the member, and what all have agreed on: the adopted configuration
// names the store of each.
BootVerdict BootService::verdict_on(NodeId from, const BootAnnouncement& announced) const {
  const Configuration* const adopted = neighbours_.chain.adopted();
  const ConfigMember* const member = adopted == nullptr ? nullptr : adopted->member(from);
  if (member != nullptr && member->store != announced.store) return BootVerdict::AnotherStore;
  const auto known = identity_.peers.find(from);
  const bool is_known = known != identity_.peers.end();
  // It lost its disk, or one of its name left and another one joined, as all have agreed.
  const bool is_successor = is_known && member != nullptr && known->second.store != member->store;
  const BootVerdict verdict =
      judge_boot(is_known && !is_successor ? &known->second : nullptr, announced);
  // Planted: who comes back with an old copy is welcome.
  const bool is_welcome = neighbours_.planted == PlantedBug::AcceptRolledBack;
  return is_welcome && verdict == BootVerdict::RolledBack ? BootVerdict::Confirmed : verdict;
}

void BootService::on_announcement(NodeId from, const BootAnnouncement& announced) {
  const BootVerdict verdict = verdict_on(from, announced);
  BootReply reply{.store = announced.store,
                  .boot_sequence = announced.boot_sequence,
                  .incarnation = announced.incarnation,
                  .verdict = verdict};
  if (verdict != BootVerdict::Confirmed) {
    neighbours_.log.write(LogLevel::Trace, "mark: boot: refused a store");
    const RingMember* const member = neighbours_.ring->member(from);
    neighbours_.log.warning("member '" + (member == nullptr ? to_text(from.value) : member->name) +
                            "' announced a store that is not its latest one: its answers do not "
                            "count here");
    return neighbours_.outbox.send(from, reply);
  }
  // A repeated announcement differs in `counting` at most, which is not remembered. Nor is what
  // came before: the newest start stands for those that it descends from.
  const BootAnnouncement kept{.store = announced.store,
                              .boot_sequence = announced.boot_sequence,
                              .incarnation = announced.incarnation};
  const auto known = identity_.peers.find(from);
  const bool known_already = known != identity_.peers.end() && known->second == kept;
  if (announced.counting) neighbours_.peers.on_counting(from);
  const CommitTicket ticket =
      known_already ? last_ticket_ : remember_peer(neighbours_.storage, identity_, from, kept);
  last_ticket_ = std::max(last_ticket_, ticket);
  neighbours_.replica.send_when_durable(from, ticket, reply);
}

void BootService::know_members() {
  if (confirmation_.standing() != StoreStanding::Joining) return;
  confirmation_.know_members(witnesses_of(neighbours_.outbox.self(), neighbours_.ring->members()));
  neighbours_.log.write(LogLevel::Trace, "mark: members: one was met");
  if (confirmation_.counting()) note_counting();
}

void BootService::on_reply(NodeId from, const BootReply& reply) {
  const BootConfirmation::State before = confirmation_.state();
  const bool sure_before = confirmation_.is_rolled_back_for_sure();
  confirmation_.on_reply(from, reply);
  if (confirmation_.is_rolled_back_for_sure() && !sure_before) {
    neighbours_.log.write(LogLevel::Trace, "mark: boot: two witnesses saw that a store is old");
    neighbours_.log.error("two witnesses remember later starts of this store: it makes room");
  }
  if (confirmation_.state() == before) return;
  if (confirmation_.counting()) {
    note_counting();
  } else {
    note_refusal();
  }
}

// A store that never counted finds out again at its next start, if it has not come back by then.
void BootService::note_refusal() {
  const bool is_new = !identity_.confirmed && confirmation_.refusal() == BootVerdict::AnotherStore;
  if (!is_new) {
    last_ticket_ = remember_refusal(neighbours_.storage, identity_, confirmation_.refusal());
  }
  neighbours_.log.error(confirmation_.explanation());
}

void BootService::on_named() {
  const BootConfirmation::State before = confirmation_.state();
  confirmation_.on_named();
  if (confirmation_.state() == before) return;
  if (confirmation_.counting()) return note_counting();
  neighbours_.log.write(LogLevel::Trace, "mark: return: the new store was named");
  neighbours_.log.info("the cluster knows this member by its new store: it waits to be confirmed");
  announce_again();
}

void BootService::on_other_named() {
  const BootConfirmation::State before = confirmation_.state();
  confirmation_.on_other_named();
  if (confirmation_.state() != before) note_refusal();
}

void BootService::announce_again() {
  confirmation_.on_announced_again();
  for (const RingMember& member : neighbours_.ring->members()) {
    const bool is_other = member.id != neighbours_.outbox.self();
    const bool hears = is_other && neighbours_.peers.connected(member.id);
    if (hears && !confirmation_.is_confirmed_by(member.id)) on_peer_up(member.id);
  }
}

void BootService::note_counting() {
  // First of all: from here on there may be something that an older copy lacks.
  if (neighbours_.remember_counted) {
    neighbours_.remember_counted({.store = identity_.store,
                                  .boot_sequence = identity_.boot_sequence,
                                  .incarnation = identity_.incarnation});
  }
  neighbours_.log.info("the store is confirmed: this member counts");
  if (!identity_.confirmed) {
    last_ticket_ = remember_confirmed(neighbours_.storage, identity_);
  }
  for (const RingMember& member : neighbours_.ring->members()) {
    if (member.id != neighbours_.outbox.self()) {
      neighbours_.outbox.send(member.id, confirmation_.announcement());
    }
  }
}

}  // namespace starling
