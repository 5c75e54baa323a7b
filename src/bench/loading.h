#pragma once

// Loading: sees to it that all records of a benchmark are there, with one value of its size each,
// and that the clients know their contexts. What an earlier run left is used.

#include <cstdint>
#include <functional>
#include <vector>

#include "starling/client.h"
#include "starling/status.h"

#include "base/random.h"
#include "bench/load_options.h"
#include "bench/record_share.h"
#include "bench/value_pool.h"

namespace starling::bench {

// `shares` are those of all clients, by number. `on_progress` hears how many records are there.
// Errors: as Client::get and Client::put, of a record that failed again and again.
[[nodiscard]] Status load_records(Client& client, const LoadOptions& options,
                                  const ValuePool& values, Random random,
                                  std::vector<RecordShare>& shares,
                                  const std::function<void(std::uint64_t loaded)>& on_progress);

}  // namespace starling::bench
