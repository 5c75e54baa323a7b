#include "notation.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "support/seed.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

constexpr std::string_view kTombstone = "⊥";

// Reads the notation from left to right; a test that writes it wrongly fails by what it gets.
class NotationReader {
 public:
  explicit NotationReader(std::string_view text) : rest_(text) {}

  // Whether `mark` comes next, after spaces; if so, it is passed.
  bool take(char mark) {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    if (rest_.empty() || rest_.front() != mark) return false;
    rest_.remove_prefix(1);
    return true;
  }

  Actor actor() {
    while (!rest_.empty() && std::isalpha(static_cast<unsigned char>(rest_.front())) == 0)
      rest_.remove_prefix(1);
    Actor actor{.incarnation = Incarnation{static_cast<std::uint64_t>(rest_.front())},
                .lineage = 1};
    rest_.remove_prefix(1);
    while (take('\'')) ++actor.lineage;
    return actor;
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    while (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_.front())) != 0) {
      value = value * 10 + static_cast<std::uint64_t>(rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  std::string_view word() {
    const std::size_t size = std::min(rest_.find_first_of(",]"), rest_.size());
    const std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }

  Dot dot() {
    const Actor whose = actor();
    return {.actor = whose, .counter = number()};
  }

  VectorClock clock() {
    std::vector<VectorClock::Entry> prefix;
    std::vector<Dot> cloud;
    take('{');
    bool beyond = take('+');
    while (!take('}')) {
      if (beyond) {
        cloud.push_back(dot());
      } else {
        const Actor whose = actor();
        take(':');
        prefix.push_back({.actor = whose, .counter = number()});
      }
      take(',');
      beyond = take('+') || beyond;
    }
    return VectorClock::of(std::move(prefix), std::move(cloud));
  }

  std::vector<Sibling> siblings() {
    std::vector<Sibling> siblings;
    take('[');
    while (!take(']')) {
      const Dot stamp = dot();
      take('=');
      siblings.push_back(write_of(word()));
      siblings.back().dot = stamp;
      take(',');
    }
    return siblings;
  }

 private:
  std::string_view rest_;
};

std::string actor_text(const Actor& actor) {
  const auto letter = static_cast<char>(actor.incarnation.value);
  if (actor.lineage == 0) return std::string(1, static_cast<char>(std::toupper(letter)));
  return std::string(1, letter) + std::string(actor.lineage - 1, '\'');
}

}  // namespace

Dot dot_of(std::string_view text) {
  return NotationReader(text).dot();
}

Sibling write_of(std::string_view value) {
  Sibling write;
  write.kind = value == kTombstone ? SiblingKind::Tombstone : SiblingKind::Value;
  if (write.is_live_value()) write.value = value;
  write.value_hash = hash_of_value(write.kind, write.content_type, write.value);
  return write;
}

VectorClock clock_of(std::string_view text) {
  return NotationReader(text).clock();
}

SiblingSet record_of(std::string_view text) {
  NotationReader reader(text);
  VectorClock clock = reader.clock();
  return {std::move(clock), reader.siblings()};
}

std::string text_of(const Dot& dot) {
  return actor_text(dot.actor) + std::to_string(dot.counter);
}

std::string text_of(const VectorClock& clock) {
  std::string text;
  for (const VectorClock::Entry& entry : clock.prefix()) {
    if (!text.empty()) text += ',';
    text += actor_text(entry.actor) + ':' + std::to_string(entry.counter);
  }
  std::string cloud;
  for (const Dot& dot : clock.cloud()) cloud += (cloud.empty() ? " + " : ",") + text_of(dot);
  return '{' + text + cloud + '}';
}

std::string text_of(const SiblingSet& record) {
  std::string text;
  for (const Sibling& sibling : record.siblings()) {
    if (!text.empty()) text += ", ";
    const std::string_view value = sibling.is_live_value() ? sibling.value : kTombstone;
    text += text_of(sibling.dot) + '=' + std::string(value);
  }
  return text_of(record.clock()) + " [" + text + ']';
}

std::ostream& operator<<(std::ostream& out, const Dot& dot) {
  return out << text_of(dot);
}
std::ostream& operator<<(std::ostream& out, const VectorClock& clock) {
  return out << text_of(clock);
}
std::ostream& operator<<(std::ostream& out, const SiblingSet& record) {
  return out << text_of(record);
}

std::uint64_t seed_of_run() {
  return seed_or(1);
}

}  // namespace starling
