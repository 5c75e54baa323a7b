#pragma once

// ForwardOperation: one put on its way from a coordinator that owns no copy of the key to an owner,
// which mints and coordinates it. One hop. Another owner is tried only while the put certainly was
// not minted: it was never sent, or the owner said so; afterwards silence means "in doubt".

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"

namespace starling {

class ForwardOperation {
 public:
  // `replicas`: the owners to try, the coordinator itself not among them. A timer fires at
  // `doubt_from` already, if there is one, so that the coordinator may doubt whom it waits for.
  ForwardOperation(ReplicaView replicas, std::uint32_t required, Instant deadline,
                   std::optional<Instant> doubt_from = std::nullopt);

  void start(Actions& out);
  void on_reply(NodeId from, ForwardedPutReply reply, Actions& out);
  void on_peer_down(NodeId node, Actions& out);
  void on_timer(Instant now, Actions& out);

  // Whom it waits for; {} when nobody. A coordinator doubts it when a timer fires, which leaves it
  // in place.
  [[nodiscard]] std::optional<NodeId> awaited() const;
  [[nodiscard]] bool finished() const { return state_ == State::Finished; }

 private:
  enum class State : std::uint8_t { Created, Forwarded, Finished };

  void try_next(Actions& out);
  void give_up(Actions& out);
  void finish(Action answer, Actions& out);
  [[nodiscard]] AnswerError in_doubt(const std::string& why) const;
  [[nodiscard]] Action as_in_doubt(ErrorReply error) const;

  std::vector<NodeId> candidates_;     // reachable owners not tried yet, the next one last
  bool crowded_ = false;               // an owner was passed over because of its queue
  std::optional<ErrorReply> refusal_;  // of the last owner that minted nothing
  std::optional<NodeId> awaited_;
  std::uint32_t required_;
  Instant deadline_;
  std::optional<Instant> doubt_from_;
  State state_ = State::Created;
};

}  // namespace starling
