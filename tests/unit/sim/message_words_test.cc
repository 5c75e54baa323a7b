#include "sim/message_words.h"

#include <doctest/doctest.h>

#include "base/ids.h"
#include "hand_made.h"
#include "message/peer_messages.h"
#include "version/sibling_set.h"

namespace starling::sim {
namespace {

TEST_CASE("MessageWords: a write names its key and what it carries") {
  Sibling sibling;
  sibling.dot = dot_of(1);
  sibling.value = "7 of k0 ....";
  ReplicaWrite write;
  write.address.key = "k0";
  write.versions = SiblingSet(clock_of({dot_of(1)}), {sibling});
  const MessageWords words = words_of(write);
  CHECK(words.subject == "k0");
  CHECK(words.text.starts_with("write {0000.1:1} [0000.1:1=w7]"));
  CHECK(words.operation == OperationId{});
}

TEST_CASE("MessageWords: an answer says how it ended") {
  CHECK(words_of(ReplicaWriteReply{.outcome = ReplicaOutcome::StaleRow})
            .text.starts_with("write stale row"));
  CHECK(words_of(BootReply{.verdict = BootVerdict::RolledBack}).text == "start 0 rolled back");
}

}  // namespace
}  // namespace starling::sim
