#pragma once

// ScanOperation: one page of one partition's keys, read at the read level: R replicas each give
// their next records without values, which are merged as far as all of them have come.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "ring/token.h"

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
  void on_newer_row(ReplicaView replicas, Actions& out);
  void on_timer(Instant now, Actions& out);

  [[nodiscard]] bool finished() const { return state_ == State::Finished; }

 private:
  enum class State : std::uint8_t { Created, Collecting, AwaitingNewerRow, Finished };
  // ... the rest is the implementer's.
};

}  // namespace starling
