#pragma once

// update: reads a value, changes it and writes it back, and settles the conflicts that come of
// others doing the same at the same time. get_resolved: reads one value where there may be several.
//
//   starling::update(client, "tags", "page",
//                    [](const std::optional<std::string>& present) { return with_tag(present,
//                    "new"); },
//                    {.resolve = union_of_tags});
//
// Nothing is locked, and nobody is made to wait: two updates at once both succeed, as siblings, and
// `resolve` makes one value of the two. So it must keep what both have done, as a union or a
// maximum does. Of a plain counter no function of two sums can tell what they have in common: keep
// one count a writer instead, and resolve by the greatest of each.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"

namespace starling {

// Makes one value of several concurrent ones: two or more, in no particular order, and the same
// value whatever that order is.
using Resolve = std::function<std::string(const std::vector<SiblingValue>& siblings)>;
// The new value, from the present one (nothing: the key is absent). Nothing: leave it as it is.
using Modify = std::function<std::optional<std::string>(const std::optional<std::string>& present)>;

struct ResolvedRead {
  std::optional<std::string> value;  // nothing: absent
  std::string context;               // covers all that was read
  std::uint32_t siblings = 0;        // live values that were there; more than 1: `value` was made
};

// get, and `resolve` where it finds several values. Nothing is written.
// Errors: as Client::get; Conflict: several values, and `resolve` is empty.
Result<ResolvedRead> get_resolved(Client& client, std::string_view bucket, std::string_view key,
                                  const Resolve& resolve, const ReadOptions& options = {});

struct UpdateOptions {
  Resolve resolve{};
  // How often it writes at most: once, and again while others write at the same time or while
  // writes are refused. At least 1.
  std::uint32_t attempts = 8;
  std::string content_type{};
  Level r{};
  Level w{};
  std::chrono::milliseconds timeout = kTimeoutDefault;  // of all of it together
};

struct UpdateResult {
  std::optional<std::string> value;  // as it is now, as far as this update has seen
  std::string context;
  // Live values that are left. More than 1: the update is in one of them, but `attempts`, `timeout`
  // or an empty `resolve` left the conflict to the next reader.
  std::uint32_t siblings = 0;
};

// `modify` is called exactly once, after the first read.
// Errors: as Client::get and Client::put. Nothing was written, unless it is
//         InDoubt   the write may be there: before you run the update again, read.
//         Conflict  there were several values, and `resolve` is empty. Nothing was written.
//         Usage     also: no attempts, no `modify`, a timeout that is none. Nothing was read.
Result<UpdateResult> update(Client& client, std::string_view bucket, std::string_view key,
                            const Modify& modify, const UpdateOptions& options = {});

}  // namespace starling
