#pragma once

// What a quorum operation asks of its coordinator. Operations decide and never do: each event
// appends actions, and the coordinator turns them into messages, storage and timers. A NodeId in
// `to` may be the coordinator itself: its own replica then answers like any other.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "quorum/replica_view.h"  // IWYU pragma: export
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {

// One timer an operation: arming again replaces it.
struct ArmTimer {
  Instant at;
};

// Mint the put at this node's own replica; answered by on_minted or on_mint_refused at once.
struct MintLocally {};

struct SendWrite {
  std::vector<NodeId> to;
  SiblingSet versions;
  WriteKind kind = WriteKind::Replicate;
  bool must_sync = false;
};

// Keep the write for a slot whose home does not take it: at `holder`, as a hint whose answer comes
// by on_hint_reply if it counts; or here, as a note of the key, where nobody could hold it.
struct KeepHint {
  NodeId home;
  std::optional<NodeId> holder;
  HintStanding standing = HintStanding::BestEffort;
  SiblingSet versions;  // of a note: none
  bool must_sync = false;
};

// Why a replica is asked: for people who follow a request.
enum class ReadCause : std::uint8_t {
  Quorum,   // all are, at first
  Differs,  // its digest is not that of the record in hand
  Instead,  // the one that was asked for the record failed, or takes long
};

struct SendRead {
  std::vector<NodeId> to;
  ReadWant want = ReadWant::Digest;
  ReadCause cause = ReadCause::Quorum;
};

struct ForwardPut {
  NodeId to;
};

struct SendScan {
  std::vector<NodeId> to;
  std::optional<KeyAddress> after;
};

// The three answers; the coordinator encodes contexts and addresses the client.
struct AnswerPut {
  VectorClock context;  // the request's, joined with the new dot
  std::uint32_t siblings = 0;
  ReplyCounts replies;
};
struct AnswerGet {
  SiblingSet record;  // merged; tombstones included
  ReplyCounts replies;
  std::uint32_t repaired = 0;
  bool protected_read = false;
};
struct AnswerScan {
  // Merged and in store order; a key whose merged record has no live value is left out.
  std::vector<std::string> keys;
  std::optional<KeyAddress> stopped_at;  // nothing: the partition is through
};
struct AnswerError {
  Status status;
  ReplyCounts replies;
  bool nothing_minted = true;
};
// A forwarded put's answer, passed on as it came.
struct PassOn {
  std::variant<ErrorReply, PutReply> reply;
};

using Action = std::variant<ArmTimer, MintLocally, SendWrite, KeepHint, SendRead, ForwardPut,
                            SendScan, AnswerPut, AnswerGet, AnswerScan, AnswerError, PassOn>;
using Actions = std::vector<Action>;

// What a refused client is told to wait when a peer is crowded: a queue of megabytes that moves at
// all has moved by then.
inline constexpr std::chrono::milliseconds kCrowdedRetry{100};

}  // namespace starling
