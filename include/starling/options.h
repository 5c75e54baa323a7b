#pragma once

// What a caller may ask of one request: how many replicas must answer, by when, and with which
// causal context. Everything has a default that suits most requests, so designated initialisers say
// only what differs: put(bucket, key, value, {.w = Level::all()}).

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "starling/result.h"

namespace starling {

// How many of the N replicas: a name that is resolved against N, or a number.
class Level {
 public:
  enum class Name : std::uint8_t { Count, One, Two, Three, Quorum, All };

  // Quorum: more than half of N.
  constexpr Level() = default;
  [[nodiscard]] static constexpr Level count(std::uint32_t replicas) {
    return Level(Name::Count, replicas);
  }
  [[nodiscard]] static constexpr Level none() { return count(0); }
  [[nodiscard]] static constexpr Level one() { return Level(Name::One, 1); }
  [[nodiscard]] static constexpr Level two() { return Level(Name::Two, 2); }
  [[nodiscard]] static constexpr Level three() { return Level(Name::Three, 3); }
  [[nodiscard]] static constexpr Level quorum() { return Level(Name::Quorum, 0); }
  [[nodiscard]] static constexpr Level all() { return Level(Name::All, 0); }

  [[nodiscard]] constexpr Name name() const { return name_; }
  // The number of replicas out of `n`. May exceed n: whoever resolves a request refuses that.
  [[nodiscard]] std::uint32_t resolve(std::uint32_t n) const;
  // "quorum", "all", "2": what parse_level reads.
  [[nodiscard]] std::string to_text() const;

  friend bool operator==(const Level&, const Level&) = default;

 private:
  constexpr Level(Name name, std::uint32_t replicas) : name_(name), replicas_(replicas) {}

  Name name_ = Name::Quorum;
  std::uint32_t replicas_ = 0;
};

// A number or a name; the Usage error lists the names. Levels of later versions ("any",
// "local_quorum", ...) are refused as "not in this version".
[[nodiscard]] Result<Level> parse_level(std::string_view text);

inline constexpr std::chrono::milliseconds kTimeoutDefault{5000};
// A longer timeout is refused: servers remember requests, against replays, for about as long.
inline constexpr std::chrono::milliseconds kTimeoutMax{60'000};

// When a client sends a request a second time by itself, within its deadline.
enum class Retry : std::uint8_t {
  Never,  // the first failure is the answer
  // Where nothing was applied for certain: no server had all of it, or a server refused it; and any
  // read. Within a budget, so that a cluster in trouble is not asked ever more.
  Safe,
  // As Safe, and a write whose connection broke too. It may then be applied twice: as a second,
  // concurrent value, or bringing back what somebody deleted in between. Never where that matters.
  Always,
};

// Whose copies a write may count. Strict: the key's own replicas only. Sloppy: where one of them
// can not be reached, another node may stand in for it with a durable note of the write that it
// brings it later (Dynamo, section 4.6). The write then has W copies, but a read is certain to see
// it only once that note has arrived.
enum class Placement : std::uint8_t { Strict, Sloppy };

struct ReadOptions {
  Level r{};                 // replicas that must answer
  Level pr = Level::none();  // of them, the key's own replicas rather than stand-ins
  // A session read: only what covers this context is an answer. Empty: any.
  std::string context{};
  std::chrono::milliseconds timeout = kTimeoutDefault;
  Retry retry = Retry::Safe;
  // The answer tells what happened inside the cluster (trace.h): of the last server that was asked.
  bool trace = false;
};

struct WriteOptions {
  Level w{};                 // replicas that must hold the write
  Level pw = Level::none();  // of them, the key's own replicas
  Level dw = Level::none();  // replicas whose copy must be synced to disk, whatever their mode
  // What the last read of this key returned. Empty: the write is blind and becomes a sibling of
  // whatever is stored (Dynamo, section 4.4).
  std::string context{};
  std::string content_type{};
  std::chrono::milliseconds timeout = kTimeoutDefault;
  Retry retry = Retry::Safe;
  Placement placement = Placement::Strict;
  bool trace = false;  // as ReadOptions::trace
};

// A delete without a context reads first, at `read`'s levels, and deletes what it read.
struct DeleteOptions {
  WriteOptions write{};
  Level r{};
  Level pr = Level::none();
};

inline constexpr std::size_t kBucketBytesMax = 255;
inline constexpr std::size_t kKeyBytesMax = 4096;
inline constexpr std::size_t kValueBytesMax = 16U << 20U;
inline constexpr std::size_t kContentTypeBytesMax = 255;

// Usage error unless 1-255 bytes of [A-Za-z0-9._-].
[[nodiscard]] Status check_bucket(std::string_view bucket);
// Usage error unless 1-4096 bytes.
[[nodiscard]] Status check_key(std::string_view key);
// TooLarge above 16 MiB.
[[nodiscard]] Status check_value(std::string_view value);

}  // namespace starling
