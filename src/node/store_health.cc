#include "node/store_health.h"

#include <string>
#include <utility>

#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "ring/member.h"

namespace starling {

void StoreHealth::on_condition(StoreCondition condition, std::string explanation) {
  found_ = condition;
  explanation_ = std::move(explanation);
  settle();
}

void StoreHealth::on_stopped(const Status& why) {
  if (stopped_) return;
  stopped_ = true;
  neighbours_.log.write(LogLevel::Trace, "mark: store: a commit met a full disk");
  neighbours_.log.error("the store takes no writes until there is space again, reads go on: " +
                        why.message());
  neighbours_.store.forget_uncommitted();
  neighbours_.replica.on_commits_lost();
  settle();
}

void StoreHealth::on_reopened() {
  if (!stopped_) return;
  stopped_ = false;
  neighbours_.log.write(LogLevel::Trace, "mark: store: opened again behind a full disk");
  neighbours_.log.info("the store is open again, with all that was acknowledged");
  // Once more: what was read in between came from a database that did not know how the failed
  // commit ended, and answers may wait for commits that were queued behind it.
  neighbours_.store.forget_uncommitted();
  neighbours_.replica.on_commits_lost();
  neighbours_.boot.on_store_reopened();
  settle();
}

void StoreHealth::on_peer_up(NodeId peer) {
  if (told_ != StoreCondition::Roomy) neighbours_.outbox.send(peer, StoreNotice{told_});
}

void StoreHealth::on_notice(NodeId from, const StoreNotice& notice) {
  neighbours_.peers.on_condition(from, notice.condition);
}

StoreCondition StoreHealth::condition() const {
  return stopped_ ? StoreCondition::Full : found_;
}

std::string StoreHealth::explanation() const {
  if (!stopped_) return explanation_;
  const std::string text = "the disk is full: the store takes nothing until there is space";
  return explanation_.empty() ? text : text + "; " + explanation_;
}

void StoreHealth::settle() {
  const StoreCondition now = condition();
  if (now == told_) return;
  told_ = now;
  if (now == StoreCondition::Roomy) {
    neighbours_.log.info("there is space again: the store takes all writes");
  } else {
    neighbours_.log.warning(explanation());
  }
  neighbours_.store.set_condition(now);
  neighbours_.peers.on_condition(neighbours_.outbox.self(), now);
  for (const RingMember& member : neighbours_.ring->members()) {
    if (member.id != neighbours_.outbox.self()) {
      neighbours_.outbox.send(member.id, StoreNotice{now});
    }
  }
}

}  // namespace starling
