#pragma once

// What members say to each other to decide the configuration of an epoch (single-decree Paxos, one
// instance an epoch) and to pass on what was decided. `epoch` is always that of the configuration
// in question, whose voters are named in the one before it.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/ids.h"
#include "ring/succession.h"

namespace starling {

// Never used twice: the incarnation is new with each start of the proposer.
struct Ballot {
  std::uint64_t counter = 0;  // 0: none
  NodeId node;
  Incarnation incarnation;
  friend auto operator<=>(const Ballot&, const Ballot&) = default;
};

// A configuration as encode_configuration writes it, and the facts that allow its steps.
struct ChainValue {
  std::string configuration;
  ProposalEvidence evidence;
  friend bool operator==(const ChainValue&, const ChainValue&) = default;
};

struct AcceptedValue {
  Ballot ballot;
  ChainValue value;
  friend bool operator==(const AcceptedValue&, const AcceptedValue&) = default;
};

struct ChainPrepare {
  Epoch epoch;
  Ballot ballot;
  friend bool operator==(const ChainPrepare&, const ChainPrepare&) = default;
};
// Nothing below `ballot` will be accepted any more, and this is what was.
struct ChainPromise {
  Epoch epoch;
  Ballot ballot;
  StoreId store;  // the disk on which the promise is
  std::optional<AcceptedValue> accepted;
  friend bool operator==(const ChainPromise&, const ChainPromise&) = default;
};
struct ChainAccept {
  Epoch epoch;
  Ballot ballot;
  ChainValue value;
  friend bool operator==(const ChainAccept&, const ChainAccept&) = default;
};
struct ChainAccepted {
  Epoch epoch;
  Ballot ballot;
  StoreId store;
  friend bool operator==(const ChainAccepted&, const ChainAccepted&) = default;
};
// Another ballot has the promise.
struct ChainReject {
  Epoch epoch;
  Ballot ballot;
  Ballot promised;
  friend bool operator==(const ChainReject&, const ChainReject&) = default;
};
// A configuration that was decided; also the answer to whoever is behind.
struct ChainDecided {
  std::string configuration;
  friend bool operator==(const ChainDecided&, const ChainDecided&) = default;
};
// "I have adopted `adopted`: tell me if there is a later one."
struct ChainFetch {
  Epoch adopted;
  StoreId store;  // the disk on which it is
  friend bool operator==(const ChainFetch&, const ChainFetch&) = default;
};

using ChainMessage = std::variant<ChainPrepare, ChainPromise, ChainAccept, ChainAccepted,
                                  ChainReject, ChainDecided, ChainFetch>;

// Any of them, as it travels between nodes.
struct ChainLetter {
  ChainMessage message;
  friend bool operator==(const ChainLetter&, const ChainLetter&) = default;
};

}  // namespace starling
