#pragma once

// QuorumSpec: a request's levels, resolved against the N in force (Dynamo, section 4.5: N, R, W;
// the demands on primaries and on synced copies are Riak's PR, PW and DW). What can never be
// honoured is refused here; nothing is weakened silently. While N changes, a level means one number
// for the old N and one for the new, and writes must meet both.

#include <cstdint>
#include <optional>

#include "starling/result.h"

#include "message/client_messages.h"
#include "ring/row_demand.h"

namespace starling {

struct ReadQuorum {
  std::uint32_t n = 0;
  std::uint32_t r = 0;
  std::uint32_t pr = 0;
  Level level;

  // Reads at a majority or more repair what they saw to differ before they answer.
  [[nodiscard]] bool repairs_before_answering() const { return r > n / 2; }
  // How many slots must hold what was read, so that every later read of R slots meets one of them.
  [[nodiscard]] RowCount slots_that_protect() const;

  std::optional<RowCount> protecting = std::nullopt;  // that number, while N changes
};

struct WriteDemand {
  std::uint32_t w = 0;
  std::uint32_t pw = 0;
  std::uint32_t dw = 0;

  // Acknowledgements to wait for, and slots to be reachable before anything is minted.
  [[nodiscard]] std::uint32_t required() const;
};

struct WriteQuorum {
  std::uint32_t n = 0;
  std::uint32_t w = 0;
  std::uint32_t pw = 0;
  std::uint32_t dw = 0;
  Level level;
  // Of the slots without the one that comes or goes, to be met as well; nothing: N stays.
  std::optional<WriteDemand> inner = std::nullopt;

  [[nodiscard]] WriteDemand outer() const { return {.w = w, .pw = pw, .dw = dw}; }
  [[nodiscard]] std::uint32_t required() const { return outer().required(); }
};

// Usage errors name the option, the value and N: r or w of 0, anything above N, pr > r, pw > w. N
// is that of reads, as people see it.
[[nodiscard]] Result<ReadQuorum> resolve(const ReadLevels& levels, const RowNumbers& numbers);
[[nodiscard]] Result<WriteQuorum> resolve(const WriteLevels& levels, const RowNumbers& numbers);
// Where all slots are settled.
[[nodiscard]] Result<ReadQuorum> resolve(const ReadLevels& levels, std::uint32_t n);
[[nodiscard]] Result<WriteQuorum> resolve(const WriteLevels& levels, std::uint32_t n);

}  // namespace starling
