#pragma once

// ScanOperation: one page of one partition's keys, read at the read level: R replicas each give
// their next records without values, which are merged as far as all of them have come.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "quorum/reply_tally.h"
#include "ring/token.h"
#include "version/sibling_set.h"

namespace starling {

class ScanOperation {
 public:
  struct Request {
    ReadQuorum quorum;
    std::string bucket;
    std::uint64_t token_seed = 0;  // store order is (token, bucket, key): Ring::token_of's seed
    std::optional<KeyAddress> after;
    Instant deadline;
  };

  ScanOperation(Request request, ReplicaView replicas);

  void start(Actions& out);
  void on_reply(NodeId from, ScanRangeReply reply, Actions& out);
  void on_peer_down(NodeId node, Actions& out);
  // `quorum`: what the levels mean there; nothing: that row can not honour them.
  void on_newer_row(const std::optional<ReadQuorum>& quorum, ReplicaView replicas, Actions& out);
  void on_timer(Instant now, Actions& out);

  [[nodiscard]] bool finished() const { return state_ == State::Finished; }

 private:
  enum class State : std::uint8_t { Created, Collecting, AwaitingNewerRow, Finished };

  // Store order.
  struct Position {
    Token token;
    KeyAddress address;
    friend auto operator<=>(const Position&, const Position&) = default;
  };

  void begin(Actions& out);
  void settle(Actions& out);
  void answer(Actions& out);
  void answer_unavailable(Actions& out);
  [[nodiscard]] bool is_progress(const ScanRangeReply& page) const;
  [[nodiscard]] bool merge(ScanRangeReply page);
  [[nodiscard]] Position position_of(KeyAddress address) const;

  Request request_;
  ReplicaView replicas_;
  ReplyTally tally_;
  std::map<Position, SiblingSet> records_;  // of the pages so far, merged key by key
  std::optional<Position> bound_;           // where the first of them stopped
  State state_ = State::Created;
};

}  // namespace starling
