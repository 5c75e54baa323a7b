#pragma once

// MessageWords: what a peer message says, in a line for people: for timelines.

#include <optional>
#include <string>

#include "base/ids.h"
#include "message/peer_messages.h"

namespace starling::sim {

struct MessageWords {
  std::string subject;  // the key, where the message names one
  std::string text;
  std::optional<OperationId> operation;  // that the message belongs to
};

[[nodiscard]] MessageWords words_of(const PeerMessage& message);

}  // namespace starling::sim
