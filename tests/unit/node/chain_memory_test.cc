#include "node/chain_memory.h"

#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/seal.h"
#include "env/storage_engine.h"
#include "membership/chain_actions.h"
#include "replica/store_identity.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "support/configurations.h"
#include "support/memory_engine.h"

namespace starling {
namespace {

VoteRecord vote_of_test() {
  const Ballot ballot{.counter = 3, .node = NodeId{4}, .incarnation = Incarnation{5}};
  return {.epoch = Epoch{2},
          .promised = ballot,
          .accepted = AcceptedValue{
              .ballot = ballot,
              .value = {.configuration = "abc",
                        .evidence = {.adoptions = {}, .fillings = {}, .losses_accepted = {{7}}}}}};
}

// A store that adopted the first configuration and voted for the second.
struct Store {
  Store() {
    identity.member = "a";
    REQUIRE(engine
                .commit_now(writes_of_adoption(identity, Epoch{1},
                                               write_of_configuration(encode_configuration(first))))
                .ok());
    REQUIRE(engine.commit_now({write_of_vote(vote_of_test())}).ok());
  }
  [[nodiscard]] Result<EpochChain::Durable> read() { return read_chain(engine, identity); }

  Configuration first = founded(3, 4);
  MemoryEngine engine;
  StoreIdentity identity;
};

std::string resealed(const std::string& key, const std::string& bytes, std::size_t at, char byte) {
  std::string payload = bytes.substr(0, bytes.size() - 8);
  payload.at(at) = byte;
  ByteWriter writer;
  writer.raw(payload);
  return sealed(key, std::move(writer));
}

TEST_CASE("ChainMemory: an empty store knows of no configuration and of no vote") {
  MemoryEngine engine;
  const auto durable = read_chain(engine, {});
  REQUIRE(durable.ok());
  CHECK_FALSE(durable->adopted.has_value());
  CHECK(durable->vote == VoteRecord{});
}

TEST_CASE("ChainMemory: what was written is read") {
  Store store;
  const auto durable = store.read();
  REQUIRE(durable.ok());
  CHECK(durable->adopted == store.first);
  CHECK(durable->vote == vote_of_test());
  CHECK(store.identity.epoch == Epoch{1});
}

TEST_CASE("ChainMemory: the bytes of a vote are those of version 1") {
  const std::string bytes = *write_of_vote(vote_of_test()).value;
  CHECK(to_hex(bytes.substr(0, bytes.size() - 8)) ==
        "01"
        "0200000000000000"
        "030000000000000004000000000000000500000000000000"
        "01"
        "030000000000000004000000000000000500000000000000"
        "03616263"
        "05"
        "0000010700");
  CHECK(to_hex(vote_store_key()) == "ffff06" + to_hex("vote"));
  CHECK(to_hex(configuration_store_key()) == "ffff06" + to_hex("configuration"));
}

TEST_CASE("ChainMemory: a flipped bit anywhere is refused, never taken for nothing") {
  for (const std::string& key : {vote_store_key(), configuration_store_key()}) {
    Store store;
    std::string& bytes = store.engine.entries.at(key);
    for (std::size_t at = 0; at < bytes.size(); at += 7) {
      bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
      CAPTURE(at);
      CHECK(store.read().status().code() == StatusCode::Corruption);
      bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    }
    store.engine.damaged.insert(key);
    CHECK(store.read().status().code() == StatusCode::Corruption);
  }
}

TEST_CASE("ChainMemory: a configuration that is missing, or another one than the identity's") {
  Store store;
  store.identity.epoch = Epoch{2};
  CHECK(store.read().status().message().find("adopted epoch 2 and holds 1") != std::string::npos);
  store.engine.entries.erase(configuration_store_key());
  CHECK(store.read().status().message().find("adopted epoch 2 and holds 0") != std::string::npos);
  store.identity.epoch = Epoch{};
  CHECK(store.read().ok());
}

TEST_CASE("ChainMemory: a newer format names itself, and a vote that nobody casts is refused") {
  Store store;
  std::string& bytes = store.engine.entries.at(vote_store_key());
  const std::string sound = bytes;
  bytes = resealed(vote_store_key(), sound, 0, 2);
  CHECK(store.read().status().message().find("format 2") != std::string::npos);
  // What was accepted had a higher ballot than what was promised.
  bytes = resealed(vote_store_key(), sound, 34, 4);
  CHECK(store.read().status().message().find("no voter votes so") != std::string::npos);
  bytes = resealed(vote_store_key(), sound, 33, 2);
  CHECK(store.read().status().code() == StatusCode::Corruption);
}

}  // namespace
}  // namespace starling
