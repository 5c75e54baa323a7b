#include "sim/message_words.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.h"
#include "message/peer_messages.h"
#include "message/peer_state.h"
#include "sim/witness.h"
#include "version/sibling_set.h"

namespace starling::sim {
namespace {

constexpr std::array<std::string_view, 7> kOutcomes{
    "done", "not counted", "stale row", "corrupt", "refused", "too large", "disk full"};

std::string outcome_words(ReplicaOutcome outcome) {
  return std::string(kOutcomes.at(static_cast<std::size_t>(outcome)));
}

std::string operation_words(OperationId operation) {
  return " (op " + starling::to_text(operation.value).substr(0, 6) + "/" +
         std::to_string(operation.value % 1000) + ")";
}

std::string record_words(const SiblingSet& record) {
  std::string text = to_text(record.clock()) + " [";
  for (const Sibling& sibling : record.siblings()) {
    text += (text.back() == '[' ? "" : " ") + to_text(sibling.dot) + "=";
    // The label of a simulated value stands before its first space.
    text += sibling.is_live_value() ? "w" + sibling.value.substr(0, sibling.value.find(' '))
                                    : std::string("deleted");
  }
  return text + "]";
}

template <typename Message>
std::string epoch_words(const Message& message) {
  if constexpr (requires { message.ballot; }) {
    return " epoch " + std::to_string(message.epoch.value) + " ballot " +
           std::to_string(message.ballot.counter) + " of " +
           starling::to_text(message.ballot.node.value).substr(0, 6);
  } else if constexpr (requires { message.adopted; }) {
    return ", at epoch " + std::to_string(message.adopted.value);
  } else {
    return "";
  }
}

// What one kind of message says; an overload for each, and silence for those that matter little.
struct Words {
  MessageWords operator()(const ReplicaWrite& write) const {
    const std::string verb = write.kind == WriteKind::Replicate ? "write " : "repair ";
    return {write.address.key,
            verb + record_words(write.versions) + operation_words(write.envelope.operation) +
                " row " + std::to_string(write.envelope.row_version.value),
            write.envelope.operation};
  }
  MessageWords operator()(const ReplicaWriteReply& reply) const {
    return {"", "write " + outcome_words(reply.outcome) + operation_words(reply.operation),
            reply.operation};
  }
  MessageWords operator()(const ReplicaRead& read) const {
    return {read.address.key,
            std::string(read.want == ReadWant::Record ? "read record" : "read digest") +
                operation_words(read.envelope.operation),
            read.envelope.operation};
  }
  MessageWords operator()(const ReplicaReadReply& reply) const {
    std::string text = "read " + outcome_words(reply.outcome) + " " + to_text(reply.clock);
    if (reply.record.has_value()) text += " record " + record_words(*reply.record);
    return {"", text + operation_words(reply.operation), reply.operation};
  }
  MessageWords operator()(const ForwardedPut& put) const {
    const bool is_value = put.put.kind == SiblingKind::Value;
    const std::string what =
        is_value ? "w" + put.put.value.substr(0, put.put.value.find(' ')) : "a delete";
    return {put.put.address.key,
            "forwarded put of " + what + operation_words(put.envelope.operation),
            put.envelope.operation};
  }
  MessageWords operator()(const ForwardedPutReply& reply) const {
    return {"",
            std::string("forwarded put answered") +
                (reply.nothing_minted ? ", nothing minted" : "") + operation_words(reply.operation),
            reply.operation};
  }
  MessageWords operator()(const BootAnnouncement& boot) const {
    return {"",
            "start " + std::to_string(boot.boot_sequence) +
                (boot.counting ? ", counting" : ", not counting yet"),
            std::nullopt};
  }
  MessageWords operator()(const BootReply& boot) const {
    static constexpr std::array<std::string_view, 3> kVerdicts{"confirmed", "another store",
                                                               "rolled back"};
    return {"",
            "start " + std::to_string(boot.boot_sequence) + " " +
                std::string(kVerdicts.at(static_cast<std::size_t>(boot.verdict))),
            std::nullopt};
  }
  MessageWords operator()(const StoreNotice& notice) const {
    static constexpr std::array<std::string_view, 3> kConditions{"roomy", "tight", "full"};
    return {
        "",
        "its disk is " + std::string(kConditions.at(static_cast<std::size_t>(notice.condition))),
        std::nullopt};
  }
  MessageWords operator()(const HintWrite& write) const {
    const std::string standing =
        write.standing == HintStanding::Counted ? "hint that counts " : "hint ";
    return {write.address.key,
            standing + "for slot " + std::to_string(write.slot) + " " +
                record_words(write.versions) + operation_words(write.envelope.operation),
            write.envelope.operation};
  }
  MessageWords operator()(const HintWriteReply& reply) const {
    return {"", "hint " + outcome_words(reply.outcome) + operation_words(reply.operation),
            reply.operation};
  }
  MessageWords operator()(const HintHandoff& handoff) const {
    return {handoff.address.key,
            "brings home " + record_words(handoff.versions) +
                operation_words(handoff.envelope.operation),
            handoff.envelope.operation};
  }
  MessageWords operator()(const HintHandoffReply& reply) const {
    static constexpr std::array<std::string_view, 5> kAnswers{"stored", "stale fence", "stale row",
                                                              "busy", "unfit"};
    return {"",
            "hint " + std::string(kAnswers.at(static_cast<std::size_t>(reply.outcome))) +
                operation_words(reply.operation),
            reply.operation};
  }
  MessageWords operator()(const Heartbeat& /*beat*/) const {
    return {"", "a heartbeat", std::nullopt};
  }
  MessageWords operator()(const ChainLetter& letter) const {
    static constexpr std::array<std::string_view, 7> kLetters{
        "prepare", "promise", "accept", "accepted", "reject", "decided", "fetch"};
    std::string text = "configuration: " + std::string(kLetters.at(letter.message.index()));
    std::visit([&text](const auto& message) { text += epoch_words(message); }, letter.message);
    return {"", text, std::nullopt};
  }
  MessageWords operator()(const SwimMessage& swim) const {
    static constexpr std::array<std::string_view, 4> kKinds{"probe", "probe request", "ack",
                                                            "nack"};
    std::string text = std::string(kKinds.at(static_cast<std::size_t>(swim.kind))) + " " +
                       std::to_string(swim.number) + " about " +
                       starling::to_text(swim.subject.value).substr(0, 6);
    for (const Rumour& rumour : swim.rumours) {
      text += ", " + starling::to_text(rumour.subject.value).substr(0, 6) + " is " +
              std::string(peer_state_name(rumour.state)) + " at " +
              std::to_string(rumour.incarnation.start) + "." +
              std::to_string(rumour.incarnation.refutations);
    }
    return {"", text, std::nullopt};
  }
  template <typename Other>
  MessageWords operator()(const Other& /*message*/) const {
    return {"(listings)", "something about a listing or a digest", std::nullopt};
  }
};

}  // namespace

MessageWords words_of(const PeerMessage& message) {
  return std::visit(Words{}, message);
}

}  // namespace starling::sim
