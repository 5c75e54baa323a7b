#pragma once

// The world in which minting rules are searched for mistakes: one key, two replicas A and B, a node
// C that is no replica, two clients. The product's own Minter and SiblingSet run in it; a Scheme
// says which of their rules is replaced by a mistaken one, and which fault may strike A once.
//
// The network needs no state: the delta of every write stays in the air for ever and may reach A
// and B at any time, any number of times, or never. Beside what the product would store, the world
// knows the truth: which writes each client had really read when it wrote.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "version/minter.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {

// What may happen to A, once.
enum class Fault : std::uint8_t {
  None,
  CopyLost,           // the copy is gone, A knows it and starts a new incarnation
  CopyLostUnnoticed,  // the copy is gone, and A goes on as if it never had one
  OldBackup,          // A restarts on an older copy, with a new incarnation
  // The copy is older from one moment to the next, and the incarnation stays: an incarnation that
  // outlives its process, or a store that rolls back silently under a process that lives.
  SilentRollback,
};

enum class Minting : std::uint8_t {
  Lineages,           // the rule of the protocol
  LineagesFromClock,  // a lineage is continued when the clock holds an entry of ours
  FixedActor,         // one actor a node: PlantedBug::ReuseCounter
  PlainVector,        // no dots: a vector clock for each value, compared as a whole
};

struct Scheme {
  std::string name;
  Minting minting = Minting::Lineages;
  Fault fault = Fault::None;
  bool only_coordinator_mints = false;  // C mints, from an empty record
  bool vectors_without_gaps = false;    // a context says "up to n" where it should say "n"
  bool answers_whole_context = false;   // a put returns the context of the whole record
  bool answers_without_gaps = false;    // a put returns "up to n" for its own dot n
  bool node_wide_counter = false;       // one durable counter a node, whatever the key has seen
  std::size_t puts_max = 3;
  std::size_t gets_max = 2;
};

// A bit for each write, in the order of their minting.
using WriteMask = std::uint8_t;

// A value under a plain vector clock, for Minting::PlainVector.
struct PlainVersion {
  VectorClock clock;
  std::uint8_t write = 0;
};

// What one replica has, and the truth about it.
struct ModelCopy {
  ReplicaRecord record;
  std::vector<PlainVersion> plain;
  WriteMask holds = 0;  // the writes that reached this copy
};

struct ModelReplica {
  Minter minter;
  std::uint64_t lineages = 0;  // begun by the minter, which keeps that to itself
  std::uint64_t counter = 0;   // of node_wide_counter: survives every fault
  ModelCopy copy;
};

struct ModelClient {
  VectorClock context;
  WriteMask known = 0;  // the writes it has really read or written, and what those had read
  bool has_acted = false;
};

struct ModelWrite {
  Dot dot;
  SiblingSet delta;
  PlainVersion plain;
  WriteMask history = 0;  // what its client knew
};

enum class ModelVerb : std::uint8_t { Put, Get, Deliver, Repair, Backup, Fail };

// subject: the client, the write, or the replica whose record is sent. place: where it happens.
struct ModelAction {
  ModelVerb verb = ModelVerb::Put;
  std::uint8_t subject = 0;
  std::uint8_t place = 0;
};

class ModelState {
 public:
  explicit ModelState(const Scheme& scheme);

  [[nodiscard]] std::vector<ModelAction> possible_actions(const Scheme& scheme) const;
  void apply(const Scheme& scheme, const ModelAction& action);

  // Equal for states that can not be told apart from now on.
  [[nodiscard]] Hash128 fingerprint() const;
  [[nodiscard]] const std::vector<ModelWrite>& writes() const { return writes_; }
  // The writes that reached A or B and were not lost with a copy.
  [[nodiscard]] WriteMask surviving() const;
  // What a client would be shown after `into` took in the record of `from`.
  [[nodiscard]] WriteMask visible_after_merge(std::size_t into, std::size_t from) const;

 private:
  void add_requests(const Scheme& scheme, std::size_t client,
                    std::vector<ModelAction>& actions) const;
  void add_faults(const Scheme& scheme, std::vector<ModelAction>& actions) const;
  void put(const Scheme& scheme, ModelClient& client, std::size_t place);
  void put_dotted(const Scheme& scheme, ModelReplica& replica, std::size_t place,
                  ModelClient& client);
  [[nodiscard]] static Minted mint_with_node_counter(ModelReplica& replica, std::size_t place,
                                                     const ModelClient& client, Sibling value);
  void put_plain(const Scheme& scheme, ModelReplica& replica, std::size_t place,
                 ModelClient& client);
  void get(const Scheme& scheme, ModelClient& client, const ModelReplica& replica) const;
  void deliver(std::size_t write, ModelReplica& replica);
  void repair(const ModelReplica& from, ModelReplica& into);
  void fail(const Scheme& scheme);
  void start_incarnation(ModelReplica& replica);
  void start_incarnation_if_surprised(ModelReplica& replica, const VectorClock& incoming);
  [[nodiscard]] bool is_news(std::size_t write, const ModelReplica& replica) const;

  std::vector<ModelReplica> replicas_;  // A, B and C
  std::array<ModelClient, 2> clients_;
  std::vector<ModelWrite> writes_;
  std::optional<ModelCopy> backup_;  // of A
  std::size_t gets_ = 0;
  std::uint64_t incarnations_begun_ = 0;
  bool has_failed_ = false;
};

}  // namespace starling
