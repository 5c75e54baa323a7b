// Hints of chance, between a holder that crashes between any two steps and a home that comes and
// goes, over a network that loses, repeats and reorders. What was acknowledged because of a hint is
// at every moment on the disk of one of them, and at the end at the home.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "handoff/hint.h"
#include "handoff/hint_delivery.h"
#include "handoff/hint_ledger.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

using Forgetting = HintDelivery::Forgetting;

struct Sent {
  SendHint hint;
};
struct Reply {
  OperationId operation;
  HintOutcome outcome = HintOutcome::Stored;
};
using InFlight = std::variant<Sent, Reply>;

class CrashWorld {
 public:
  CrashWorld(std::uint64_t seed, Forgetting forgetting)
      : random_(seed), forgetting_(forgetting), delivery_({}) {
    start_holder();
  }

  // Whether at every moment nothing that counted was lost.
  bool run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      delivery_.check_invariants();
      ledger_.check_invariants();
      if (!nothing_lost()) return false;
    }
    return true;
  }

  // No faults from here on; whether the store becomes empty, and the home has it all.
  bool heal() {
    faults_ = false;
    set_home(true);
    for (int i = 0; i < 20'000 && !(store_.empty() && actions_.empty()); ++i) {
      if (!do_action() && !deliver()) pass_time();
    }
    return store_.empty() && delivery_.drained(ledger_) && nothing_lost();
  }

 private:
  void step() {
    switch (random_.below(20)) {
      case 0:
        return crash_holder();
      case 1:
        return set_home(!home_up_);
      case 2:
      case 3:
        return take_hint();
      case 4:
        return pass_time();
      default:
        if (random_.below(2) == 0 ? do_action() : deliver()) return;
        return pass_time();
    }
  }

  // The holder's writes are durable at once: what is not, it has not answered for.
  void take_hint() {
    const std::uint64_t number = ++writes_;
    const Dot dot{.actor = {.incarnation = Incarnation{number}, .lineage = 1}, .counter = 1};
    Hint hint{.standing = random_.below(2) == 0 ? HintStanding::Counted : HintStanding::BestEffort,
              .address = {.bucket = "b", .key = std::to_string(number)}};
    hint.versions.add({.dot = dot});
    const HintSlot slot{.partition = PartitionId{static_cast<std::uint16_t>(random_.below(2))}};
    const auto admitted = ledger_.admit(slot, hint.standing, 100);
    if (!admitted.has_value()) return;
    for (const HintKey& dropped : admitted->dropped) store_.erase(hint_store_key(dropped));
    const std::string key = hint_store_key(admitted->key);
    store_[key] = encode_hint(key, hint);
    if (hint.standing == HintStanding::Counted) counted_.insert(dot);
    HintActions out;
    delivery_.on_hint_added(slot, ledger_, now_, out);
    enqueue(std::move(out));
  }

  bool do_action() {
    if (actions_.empty()) return false;
    const HintAction action = std::move(actions_.front());
    actions_.pop_front();
    HintActions out;
    if (const auto* const load = std::get_if<LoadHint>(&action)) {
      delivery_.on_loaded(load->key, stored(load->key), ledger_, now_, out);
    } else if (const auto* const send = std::get_if<SendHint>(&action)) {
      put_in_flight(Sent{*send});
    } else if (const auto* const gone = std::get_if<DeleteHint>(&action)) {
      store_.erase(hint_store_key(gone->key));
      ledger_.remove(gone->key);
    }
    enqueue(std::move(out));
    return true;
  }

  [[nodiscard]] std::optional<Hint> stored(const HintKey& key) const {
    const auto found = store_.find(hint_store_key(key));
    if (found == store_.end()) return std::nullopt;
    const Result<Hint> hint = decode_hint(found->first, found->second);
    REQUIRE(hint.ok());
    return *hint;
  }

  void put_in_flight(const InFlight& message) {
    if (faults_ && random_.below(5) == 0) return;
    in_flight_.push_back(message);
    if (faults_ && random_.below(5) == 0) in_flight_.push_back(message);
  }

  bool deliver() {
    if (in_flight_.empty()) return false;
    const auto chosen =
        in_flight_.begin() + static_cast<std::ptrdiff_t>(random_.below(in_flight_.size()));
    const InFlight message = std::move(*chosen);
    in_flight_.erase(chosen);
    if (const auto* const sent = std::get_if<Sent>(&message)) {
      if (!home_up_) return true;
      const bool busy = faults_ && random_.below(4) == 0;
      if (!busy) {
        for (const Sibling& sibling : sent->hint.versions.siblings()) home_.insert(sibling.dot);
      }
      put_in_flight(Reply{.operation = sent->hint.operation,
                          .outcome = busy ? HintOutcome::Busy : HintOutcome::Stored});
      return true;
    }
    const Reply reply = std::get<Reply>(message);
    HintActions out;
    const auto room = static_cast<std::uint32_t>(random_.between(0, 100));
    delivery_.on_reply(reply.operation, reply.outcome, room, ledger_, now_, out);
    enqueue(std::move(out));
    return true;
  }

  void pass_time() {
    now_ +=
        random_.between(Duration{std::chrono::milliseconds(1)}, Duration{std::chrono::seconds(3)});
    HintActions out;
    delivery_.on_timer(ledger_, now_, out);
    enqueue(std::move(out));
  }

  void set_home(bool up) {
    home_up_ = up;
    if (!up) return delivery_.on_home_down();
    HintActions out;
    delivery_.on_home_up({{.partition = PartitionId{0}}, {.partition = PartitionId{1}}}, ledger_,
                         now_, out);
    enqueue(std::move(out));
  }

  void crash_holder() {
    actions_.clear();
    start_holder();
    if (home_up_) set_home(true);
  }

  void start_holder() {
    ledger_ = HintLedger({.hints_max = 40});
    for (const auto& [key, bytes] : store_) {
      const auto parsed = parse_hint_store_key(key);
      const auto hint = decode_hint(key, bytes);
      REQUIRE(parsed.ok());
      REQUIRE(hint.ok());
      ledger_.restore(*parsed, hint->standing, 100);
    }
    ++starts_;
    delivery_ = HintDelivery({.first_operation = starts_ * 1'000'000, .forgetting = forgetting_});
  }

  void enqueue(HintActions out) {
    for (HintAction& action : out) actions_.push_back(std::move(action));
  }

  [[nodiscard]] bool nothing_lost() const {
    std::set<Dot> present = home_;
    for (const auto& [key, bytes] : store_) {
      const auto hint = decode_hint(key, bytes);
      for (const Sibling& sibling : hint->versions.siblings()) present.insert(sibling.dot);
    }
    for (const Dot& dot : counted_)
      if (!present.contains(dot)) return false;
    return true;
  }

  Random random_;
  Forgetting forgetting_;
  Instant now_{std::chrono::seconds(100)};
  std::map<std::string, std::string> store_;  // the holder's disk
  std::set<Dot> home_;                        // the home's disk
  std::set<Dot> counted_;
  HintLedger ledger_{{}};
  HintDelivery delivery_;
  std::deque<HintAction> actions_;  // decided, not done yet: a crash forgets them
  std::vector<InFlight> in_flight_;
  bool home_up_ = false;
  bool faults_ = true;
  std::uint64_t writes_ = 0;
  std::uint64_t starts_ = 0;
};

std::uint64_t first_seed() {
  const char* const text = std::getenv("STARLING_SEED");  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

TEST_CASE("HintDelivery: no crash between any two steps loses a hint, and all arrive at last") {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 200; ++seed) {
    CAPTURE(seed);
    CrashWorld world(seed, Forgetting::OnAcknowledgement);
    CHECK(world.run(400));
    CHECK(world.heal());
  }
}

TEST_CASE("HintDelivery: one that forgets a hint when it sends it is found out") {
  std::uint64_t found = 0;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 20; ++seed) {
    if (!CrashWorld(seed, Forgetting::OnSending).run(400)) ++found;
  }
  CHECK(found >= 15);
}

}  // namespace
}  // namespace starling
