#pragma once

// Two replicas of one partition in memory, with a network between them that loses, repeats and
// reorders, and an exchange from the first to the second. Time is virtual. What the replicas hold
// is real: sibling sets, trees kept up with each write, the stamps of a fence.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/repair_messages.h"
#include "repair/fence.h"
#include "repair/merkle_exchange.h"
#include "repair/merkle_tree.h"
#include "ring/token.h"
#include "version/sibling_set.h"

namespace starling {

struct PairReplica {
  explicit PairReplica(unsigned depth) : tree({.partition = PartitionId{0}}, depth) {}

  void merge(const KeyAddress& address, const SiblingSet& versions);
  // A write by a client that has read what is here; no two numbers share a dot.
  void write(const KeyAddress& address, std::uint64_t number, SiblingKind kind);
  [[nodiscard]] std::vector<KeyDigest> all_keys() const;
  [[nodiscard]] std::vector<KeyDigest> keys_in(const std::vector<TokenRange>& ranges) const;
  [[nodiscard]] std::vector<KeyedRecord> records_at(const std::vector<Token>& tokens) const;

  std::map<Token, KeyedRecord> records;
  MerkleTree tree;
  Fence fence;
};

// The write numbered `number` of a key, without a context; no two numbers share a dot.
[[nodiscard]] SiblingSet pair_write(std::uint64_t number, SiblingKind kind = SiblingKind::Value);
[[nodiscard]] KeyAddress pair_key(std::uint64_t number);

struct PairNetwork {
  std::uint64_t lost_ppm = 0;
  std::uint64_t repeated_ppm = 0;
  Duration delay_min = std::chrono::milliseconds(1);
  Duration delay_max = std::chrono::milliseconds(1);
};

class RepairPair {
 public:
  RepairPair(std::uint64_t seed, unsigned depth_here, unsigned depth_there);

  // Runs one exchange to its end, with what else is planned until then.
  ExchangeReport run(MerkleExchange::Options options);
  // Runs exchanges until one says Agreed; at most `exchanges_max`.
  std::vector<ExchangeReport> run_until_agreed(std::size_t exchanges_max,
                                               MerkleExchange::Options options = {});
  void plan(Duration after, std::function<void()> event);
  void run_planned();

  PairReplica here;
  PairReplica there;
  PairNetwork network;
  // Changes the peer's answers; for peers that lie.
  std::function<void(TreeReadReply&)> bend_tree;
  std::function<void(KeyListReply&)> bend_keys;
  std::function<void(RecordsReply&)> bend_records;
  std::uint64_t requests = 0;
  bool peer_is_dead = false;

 private:
  void perform(ExchangeActions actions);
  void send(std::function<void()> arrival);
  void answer(const SendTreeRead& read);
  void answer(const SendKeyListRead& read);
  void answer(const SendRecordsRead& read);
  void answer(const PushThere& push);
  template <typename Call>
  void feed(const Call& call);

  Random random_;
  Instant now_;
  std::multimap<Instant, std::function<void()>> events_;
  std::optional<MerkleExchange> exchange_;
  std::uint64_t next_operation_ = 1;
};

}  // namespace starling
