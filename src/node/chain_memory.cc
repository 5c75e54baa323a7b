#include "node/chain_memory.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/seal.h"
#include "env/storage_engine.h"
#include "membership/chain_actions.h"
#include "membership/epoch_chain.h"
#include "message/chain_messages.h"
#include "replica/key_layout.h"
#include "replica/store_identity.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/evidence_codec.h"

namespace starling {
namespace {

constexpr std::uint8_t kFormatVersion = 1;
constexpr std::string_view kVoteName = "vote";
constexpr std::string_view kConfigurationName = "configuration";

Status corrupt(std::string_view entry, const std::string& what) {
  return {StatusCode::Corruption, "the data directory's " + std::string(entry) +
                                      " can not be used: " + what +
                                      "; keep the directory aside and go on with the other "
                                      "members"};
}

void write_ballot(ByteWriter& writer, const Ballot& ballot) {
  writer.u64(ballot.counter);
  writer.u64(ballot.node.value);
  writer.u64(ballot.incarnation.value);
}

Ballot read_ballot(ByteReader& reader) {
  Ballot ballot;
  ballot.counter = reader.u64();
  ballot.node = NodeId{reader.u64()};
  ballot.incarnation = Incarnation{reader.u64()};
  return ballot;
}

StorageWrite sealed_entry(std::string key, ByteWriter writer) {
  std::string bytes = sealed(key, std::move(writer));
  return {.key = std::move(key), .value = std::move(bytes)};
}

// What stands behind the format's number.
Result<std::string_view> payload_of(std::string_view entry, const std::string& key,
                                    std::string_view bytes) {
  const std::optional<std::string_view> payload = unsealed(key, bytes);
  if (!payload.has_value() || payload->empty()) return corrupt(entry, "it is damaged");
  const auto version = static_cast<std::uint8_t>(payload->front());
  if (version == kFormatVersion) return payload->substr(1);
  return corrupt(entry, "it has format " + std::to_string(version) + ", this program knows " +
                            std::to_string(kFormatVersion) + ": start the program that wrote it");
}

Result<AcceptedValue> read_accepted(ByteReader& reader) {
  AcceptedValue accepted{.ballot = read_ballot(reader), .value = {}};
  accepted.value.configuration = reader.sized();
  STARLING_ASSIGN_OR_RETURN(decoded, accepted.value.evidence, decode_evidence(reader.sized()));
  return accepted;
}

}  // namespace

std::string vote_store_key() {
  return meta_store_key(kVoteName);
}

std::string configuration_store_key() {
  return meta_store_key(kConfigurationName);
}

StorageWrite write_of_vote(const VoteRecord& vote) {
  ByteWriter writer;
  writer.u8(kFormatVersion);
  writer.u64(vote.epoch.value);
  write_ballot(writer, vote.promised);
  writer.u8(vote.accepted.has_value() ? 1 : 0);
  if (vote.accepted.has_value()) {
    write_ballot(writer, vote.accepted->ballot);
    writer.sized(vote.accepted->value.configuration);
    writer.sized(encode_evidence(vote.accepted->value.evidence));
  }
  return sealed_entry(vote_store_key(), std::move(writer));
}

Result<VoteRecord> parse_vote(std::string_view bytes) {
  STARLING_ASSIGN_OR_RETURN(opened, const std::string_view payload,
                            payload_of(kVoteName, vote_store_key(), bytes));
  ByteReader reader(payload);
  VoteRecord vote;
  vote.epoch = Epoch{reader.u64()};
  vote.promised = read_ballot(reader);
  const std::uint8_t accepts = reader.u8();
  if (accepts == 1) {
    STARLING_ASSIGN_OR_RETURN(accepted, vote.accepted, read_accepted(reader));
  }
  if (!reader.finished() || accepts > 1) return corrupt(kVoteName, "it has the wrong length");
  const bool sound = !vote.accepted ||
                     (vote.accepted->ballot.counter > 0 && vote.accepted->ballot <= vote.promised);
  if (!sound) return corrupt(kVoteName, "no voter votes so");
  return vote;
}

StorageWrite write_of_configuration(std::string_view bytes) {
  ByteWriter writer;
  writer.u8(kFormatVersion);
  writer.raw(bytes);
  return sealed_entry(configuration_store_key(), std::move(writer));
}

Result<Configuration> parse_configuration(std::string_view bytes) {
  STARLING_ASSIGN_OR_RETURN(opened, const std::string_view payload,
                            payload_of(kConfigurationName, configuration_store_key(), bytes));
  Result<Configuration> configuration = decode_configuration(payload);
  if (!configuration.ok()) return corrupt(kConfigurationName, configuration.status().message());
  return configuration;
}

Result<EpochChain::Durable> read_chain(StorageEngine& engine, const StoreIdentity& identity) {
  EpochChain::Durable durable;
  STARLING_ASSIGN_OR_RETURN(got, const std::optional<std::string> configuration,
                            engine.get(configuration_store_key()));
  if (configuration.has_value()) {
    STARLING_ASSIGN_OR_RETURN(parsed, durable.adopted, parse_configuration(*configuration));
  }
  const Epoch adopted = durable.adopted ? durable.adopted->epoch : Epoch{};
  if (adopted != identity.epoch) {
    return corrupt(kConfigurationName, "the store adopted epoch " +
                                           std::to_string(identity.epoch.value) + " and holds " +
                                           std::to_string(adopted.value));
  }
  STARLING_ASSIGN_OR_RETURN(asked, const std::optional<std::string> vote,
                            engine.get(vote_store_key()));
  if (vote.has_value()) {
    STARLING_ASSIGN_OR_RETURN(read, durable.vote, parse_vote(*vote));
  }
  return durable;
}

}  // namespace starling
